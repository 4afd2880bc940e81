import type { DocumentReference } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { readCall, type CallDocument } from "./call.ts";
import { deriveStatus } from "./state.ts";

/** What a change may touch; the status follows from the rest. */
export type CallChange = Partial<Pick<CallDocument, "devices" | "extens" | "uids" | "endedAt" | "endReason">>;

/**
 * Changes a call in one transaction and returns it as it is then, or `undefined` when it is not there. `change` is pure
 * and may run several times; it returns `undefined` to leave the call alone.
 */
export async function changeCall(
  { db }: Services,
  ref: DocumentReference,
  change: (call: CallDocument) => CallChange | undefined,
): Promise<CallDocument | undefined> {
  return db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    if (!snapshot.exists) return undefined;
    const before = readCall(snapshot);
    const changes = change(before);
    if (changes === undefined) return before;
    const after = { ...before, ...changes };
    const status = deriveStatus(after);
    transaction.update(ref, { ...changes, status });
    return { ...after, status };
  });
}

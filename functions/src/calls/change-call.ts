import type { DocumentReference, Timestamp } from "firebase-admin/firestore";
import { hasStatus } from "../firestore/status.ts";
import type { Services } from "../services.ts";
import { readCall, type CallDocument } from "./call.ts";
import { deriveStatus } from "./state.ts";

/** What a change may touch; the status follows from the rest. */
export type CallChange = Partial<Pick<CallDocument, "devices" | "extens" | "uids" | "endedAt" | "endReason">>;

/** A change of a call: pure, since it may run several times; `undefined` leaves the call alone. */
type Change = (call: CallDocument) => CallChange | undefined;

/** A call as it was when it was written, by Firestore's own clock. */
export interface WrittenCall {
  readonly call: CallDocument;
  readonly at: Timestamp;
}

/**
 * Changes a call at once and returns it as it is then, or `undefined` when it is not there. Whoever has `written` the
 * call, and nobody since, needs one round trip and not the two of a transaction.
 */
export async function changeCall(
  { db }: Services,
  ref: DocumentReference,
  change: Change,
  written?: WrittenCall,
): Promise<CallDocument | undefined> {
  const changed = written && (await changeWritten(ref, change, written));
  if (changed !== undefined) return changed;
  return db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    if (!snapshot.exists) return undefined;
    const { update, after } = applyChange(readCall(snapshot), change);
    if (update !== undefined) transaction.update(ref, update);
    return after;
  });
}

/** The call after the change, or `undefined` when somebody else has changed it since it was written. */
async function changeWritten(ref: DocumentReference, change: Change, { call, at }: WrittenCall) {
  const { update, after } = applyChange(call, change);
  try {
    if (update !== undefined) await ref.update(update, { lastUpdateTime: at });
    return after;
  } catch (error) {
    if (hasStatus(error, "FAILED_PRECONDITION")) return undefined;
    throw error;
  }
}

function applyChange(before: CallDocument, change: Change) {
  const changes = change(before);
  if (changes === undefined) return { update: undefined, after: before };
  const status = deriveStatus({ ...before, ...changes });
  return { update: { ...changes, status }, after: { ...before, ...changes, status } };
}

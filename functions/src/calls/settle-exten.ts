import { FieldValue } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { callRef, readCall, type CallDevice, type CallDocument, type CallStatus, type WakeAnswer } from "./call.ts";
import type { Wake } from "./record-call.ts";

/** Records how waking an exten ended, and what became of the push for each of its phones. */
export async function settleExten(
  { db }: Services,
  wake: Wake,
  answer: WakeAnswer,
  reached: { readonly uids: readonly string[]; readonly devices: Readonly<Record<string, CallDevice>> },
): Promise<void> {
  await db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(callRef(db, wake));
    const record = {
      extens: { [wake.exten]: answer },
      // Merging an empty map would empty the one that is there.
      ...(Object.keys(reached.devices).length > 0 && { devices: reached.devices }),
      status: statusAfter(readCall(snapshot), wake, answer),
      ...(reached.uids.length > 0 && { uids: FieldValue.arrayUnion(...reached.uids) }),
    };
    transaction.set(snapshot.ref, record, { merge: true });
  });
}

/** A call has failed only when none of its extens was reached and none is still being tried. */
function statusAfter(call: CallDocument, wake: Wake, answer: WakeAnswer): CallStatus {
  if (answer.status === "notified" || call.status === "notified") return "notified";
  const trying = Object.entries(call.extens).some(
    ([exten, { status }]) => exten !== wake.exten && status === undefined,
  );
  return trying ? "waking" : "failed";
}

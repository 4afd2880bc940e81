import { FieldValue } from "firebase-admin/firestore";
import type { Device } from "../devices/device.ts";
import type { Services } from "../services.ts";
import { callRef, readCall, type CallDevice, type CallDocument, type CallStatus, type WakeAnswer } from "./call.ts";
import type { Pushed } from "./push-to-devices.ts";
import type { Claim, Wake } from "./record-call.ts";

/** What came of waking an exten. */
export interface Woken {
  /** Every phone that rings for the exten, whoever pushed to it. */
  readonly devices: readonly Device[];
  /** Those that this request pushed to. */
  readonly pushed: readonly Pushed[];
  /** The users who see the call in their history. */
  readonly uids: readonly string[];
}

/** Records how waking an exten ended, with what became of the push for each phone, and returns the answer. */
export async function settleExten({ db }: Services, wake: Wake, claim: Claim, woken: Woken): Promise<WakeAnswer> {
  return db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(callRef(db, wake));
    const call = readCall(snapshot);
    const devices = mergeDevices(call, woken.pushed);
    const answer = buildAnswer(woken.devices, devices);
    const record = call.extens[wake.exten];
    // Whoever took over speaks for the exten now.
    const isMine = record?.claim === claim.id;
    const extens = isMine ? { ...call.extens, [wake.exten]: { ...record, ...answer } } : call.extens;
    const uids = woken.uids.length > 0 ? { uids: FieldValue.arrayUnion(...woken.uids) } : {};
    transaction.update(snapshot.ref, { devices, extens, status: deriveStatus({ extens, devices }), ...uids });
    return answer;
  });
}

/** A phone that was reached stays reached, whatever a second try had to say. */
function mergeDevices(call: CallDocument, pushed: readonly Pushed[]): Record<string, CallDevice> {
  const merged: Record<string, CallDevice> = { ...call.devices };
  for (const { device, entry } of pushed) {
    if (merged[device.deviceId]?.state !== "accepted") merged[device.deviceId] = entry;
  }
  return merged;
}

function buildAnswer(devices: readonly Device[], known: CallDocument["devices"]): WakeAnswer {
  if (devices.length === 0) return { status: "no_devices", devices: 0, accepted: 0 };
  const accepted = devices.filter(({ deviceId }) => known[deviceId]?.state === "accepted").length;
  return { status: accepted === 0 ? "push_failed" : "notified", devices: devices.length, accepted };
}

/** A call has failed only when none of its phones was reached and no exten is still being tried. */
function deriveStatus({ extens, devices }: Pick<CallDocument, "extens" | "devices">): CallStatus {
  if (Object.values(devices).some(({ state }) => state === "accepted")) return "notified";
  return Object.values(extens).some(({ status }) => status === undefined) ? "waking" : "failed";
}

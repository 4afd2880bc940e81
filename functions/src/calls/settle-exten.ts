import type { Device } from "../devices/device.ts";
import { ownEntry } from "../own-entry.ts";
import type { Services } from "../services.ts";
import { callRef, type CallDocument, type WakeAnswer } from "./call.ts";
import { changeCall, type CallChange } from "./change-call.ts";
import { applyPushed, type Pushed } from "./push-to-devices.ts";
import type { Claim, Wake } from "./record-call.ts";
import { isReached } from "./state.ts";

/** What came of waking an exten. */
export interface Woken {
  /** Every phone that rings for the exten, whoever pushed to it. */
  readonly devices: readonly Device[];
  /** Those that this request pushed to. */
  readonly pushed: readonly Pushed[];
  /** The users who see the call in their history. */
  readonly uids: readonly string[];
}

/** Records how waking an exten ended, with what became of the push for each phone; returns the call with the answer in it. */
export async function settleExten(services: Services, wake: Wake, claim: Claim, woken: Woken): Promise<CallDocument> {
  const change = (call: CallDocument) => buildSettled(call, wake, claim, woken);
  // Of several phones each has been recorded as its outcome came, so that the call is no longer as it was written.
  const written = woken.pushed.length > 1 ? undefined : claim.written;
  const settled = await changeCall(services, callRef(services.db, wake), change, written);
  if (settled === undefined) throw new Error("A call that was recorded is gone");
  return settled;
}

/** The answer for an exten, by what is known of its phones. */
export function buildAnswer(devices: readonly Device[], known: CallDocument["devices"]): WakeAnswer {
  if (devices.length === 0) return { status: "no_devices", devices: 0, accepted: 0 };
  const accepted = devices.filter(({ deviceId }) => isReached(ownEntry(known, deviceId))).length;
  return { status: accepted === 0 ? "push_failed" : "notified", devices: devices.length, accepted };
}

function buildSettled(call: CallDocument, wake: Wake, claim: Claim, woken: Woken): CallChange {
  const devices = woken.pushed.reduce(
    (known, pushed) => applyPushed({ ...call, devices: known }, pushed),
    call.devices,
  );
  const uids = [...new Set([...call.uids, ...woken.uids])];
  const record = call.extens[wake.exten];
  // Whoever took over speaks for the exten now.
  if (record?.claim !== claim.id) return { devices, uids };
  const answer = buildAnswer(woken.devices, devices);
  return { devices, uids, extens: { ...call.extens, [wake.exten]: { ...record, ...answer } } };
}

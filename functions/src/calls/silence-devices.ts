import { FieldPath, Timestamp, type DocumentReference } from "firebase-admin/firestore";
import { devicesRef, readDevice, type Device } from "../devices/device.ts";
import { forgetDevices } from "../devices/forget-devices.ts";
import { ownEntry } from "../own-entry.ts";
import { sendBudget } from "../fcm/budget.ts";
import { buildCallEndPush } from "../messages/call-end-push.ts";
import type { Services } from "../services.ts";
import type { EndReason } from "../wire.ts";
import type { CallDevice, CallDocument } from "./call.ts";

/**
 * Sends the end push to every phone of a call that is to stop ringing and has not been told yet, and returns how many
 * FCM took it for. What a crash leaves undone is on the record, and done by whoever comes next.
 */
export async function silenceDevices(services: Services, ref: DocumentReference, call: CallDocument): Promise<number> {
  const waiting = Object.entries(call.devices).filter(([, device]) => isWaiting(device));
  if (waiting.length === 0) return 0;
  const refs = waiting.map(([deviceId]) => devicesRef(services.db).doc(deviceId));
  const found = (await services.db.getAll(...refs)).filter(({ exists }) => exists).map(readDevice);
  const sent = await Promise.all(
    found.map(async (device) => {
      const reason = ownEntry(call.devices, device.deviceId)?.endReason ?? "failed";
      const message = buildMessage(services, ref.id, call, reason);
      return { device, outcome: await services.fcm.send(device.registration, message, sendBudget()) };
    }),
  );
  const settled = sent.filter(({ outcome }) => outcome.status !== "unavailable");
  await recordSilenced(
    services,
    ref,
    settled.map(({ device }) => device),
  );
  const dead = sent.filter(({ outcome }) => outcome.status === "unregistered").map(({ device }) => device);
  await forgetDevices(services, { sent: sent.length, dead });
  const notified = sent.filter(({ outcome }) => outcome.status === "accepted").length;
  services.log.info("call_silenced", { callId: ref.id, devices: waiting.length, notified });
  return notified;
}

/** A phone that reported the end itself was never told, and need not be. */
function isWaiting({ state, endReason, silencedAt }: CallDevice): boolean {
  return state === "ended" && endReason !== undefined && silencedAt === undefined;
}

function buildMessage({ clock, config: { texts } }: Services, callId: string, call: CallDocument, reason: EndReason) {
  const title = call.callerName || call.callerId || texts.unknownCaller;
  const isTaken = reason === "answered" || reason === "answered_elsewhere";
  const alert = { title, body: isTaken ? texts.callAnsweredBody : texts.callMissedBody };
  return buildCallEndPush({ callId, reason, now: clock.now(), alert });
}

async function recordSilenced({ clock }: Services, ref: DocumentReference, devices: readonly Device[]) {
  const silencedAt = Timestamp.fromMillis(clock.now());
  const [first, ...rest] = devices.map(({ deviceId }) => new FieldPath("devices", deviceId, "silencedAt"));
  if (first === undefined) return;
  await ref.update(first, silencedAt, ...rest.flatMap((path) => [path, silencedAt]));
}

import { Timestamp } from "firebase-admin/firestore";
import { devicesRef, readDevice, type Device } from "../devices/device.ts";
import { ownEntry } from "../own-entry.ts";
import { AccessDenied } from "../errors.ts";
import type { Services } from "../services.ts";
import type { CallReport, CallState, Receipt } from "../wire.ts";
import type { CallDocument } from "./call.ts";
import { changeCall } from "./change-call.ts";
import { silenceDevices } from "./silence-devices.ts";
import { applyDeviceEvent, isRinging, type DeviceFacts } from "./state.ts";

/** A phone's receipt, and who says so. */
export interface Report extends CallReport {
  readonly uid: string;
}

/**
 * Takes a phone's receipt with the server's time and answers how the call stands. An answer silences every other phone.
 * Throws {@link AccessDenied} for a device or a call that is not the user's.
 */
export async function reportCall(services: Services, report: Report): Promise<CallState> {
  const { callId, deviceId, event } = report;
  const device = await getOwnDevice(services, report);
  const ref = services.db.collection("calls").doc(callId);
  const now = services.clock.now();
  const call = await changeCall(services, ref, (before) => {
    const exten = findExten(before, device);
    const facts = { exten, ...timeOf(event, Timestamp.fromMillis(now)) };
    return { devices: applyDeviceEvent(before, deviceId, event, facts) };
  });
  if (call === undefined) return { callId, status: "ended", ringing: false };
  reportReady(services, report, call, now);
  await silenceDevices(services, ref, call);
  return describeFor(call, callId, deviceId, now);
}

async function getOwnDevice({ db }: Services, { uid, deviceId }: Report): Promise<Device> {
  const snapshot = await devicesRef(db).doc(deviceId).get();
  if (snapshot.get("uid") !== uid) throw new AccessDenied("forbidden", "The device is not registered for this user");
  return readDevice(snapshot);
}

/** A quick phone reports before its push is on record; its extens tell whether the call is for it. */
function findExten(call: CallDocument, device: Device): string {
  const known =
    ownEntry(call.devices, device.deviceId)?.exten ?? device.extens.find((exten) => call.extens[exten] !== undefined);
  if (known === undefined) throw new AccessDenied("forbidden", "The call is not for this device");
  return known;
}

/** One line when a phone can take the call, with how long that took; a repeat finds an earlier time on record. */
function reportReady({ log }: Services, { callId, deviceId, event }: Report, call: CallDocument, now: number): void {
  const { acceptedAt, readyAt } = ownEntry(call.devices, deviceId) ?? {};
  if (event !== "ready" || readyAt?.toMillis() !== now) return;
  const webhookToReadyMs = now - call.createdAt.toMillis();
  // A quick phone reports before FCM's answer is on record.
  const acceptedToReadyMs = Math.max(0, now - (acceptedAt?.toMillis() ?? now));
  log.info("phone_ready", { callId, deviceId, webhookToReadyMs, acceptedToReadyMs });
}

function timeOf(event: Receipt, at: Timestamp): Partial<DeviceFacts> {
  switch (event) {
    case "received":
      return { receivedAt: at };
    case "ready":
      return { readyAt: at };
    case "answered":
      return { answeredAt: at };
    case "declined":
      return { declinedAt: at };
    case "ended":
      return {};
  }
}

function describeFor(call: CallDocument, callId: string, deviceId: string, now: number): CallState {
  const device = ownEntry(call.devices, deviceId);
  const ringEndsAt = device && call.extens[device.exten]?.ringEndsAt.toMillis();
  const ringing = device !== undefined && isRinging(device.state) && now < (ringEndsAt ?? 0);
  const reason = call.endReason ?? device?.endReason;
  return { callId, status: call.status, ringing, ...(reason !== undefined && { reason }) };
}

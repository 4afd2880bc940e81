import { Timestamp, type DocumentReference } from "firebase-admin/firestore";
import { findDevicesOfExten } from "../devices/find-devices.ts";
import type { Services } from "../services.ts";
import { callRef, isRecordedAlready, type CallDocument, type CallName } from "./call.ts";
import type { CallStatus, EndReason } from "../wire.ts";
import { changeCall, type CallChange } from "./change-call.ts";
import { silenceDevices } from "./silence-devices.ts";
import { endRinging, endUnknown } from "./state.ts";

/** A call that is over, or that one of its extens rings no longer for. */
export interface CallEnd extends CallName {
  readonly reason: EndReason;
  /** Only this exten stops ringing; the call ends with the last of them. */
  readonly exten?: string | undefined;
}

/** How a call stands after its end, and how many phones FCM took the end push for. */
export interface Ended {
  readonly status: CallStatus;
  readonly notified: number;
}

/** An end that came before its call is remembered for as long as that may still be on its way. */
const overtakenMs = 10 * 60 * 1000;

/**
 * Ends a call: every phone that still rings is told to stop, and the one that answered is left alone. Ending it again
 * only tells the phones that could not be told before. Returns `undefined` for a call nobody announced; should its
 * announcement still come, it wakes nobody.
 */
export async function endCall(services: Services, end: CallEnd): Promise<Ended | undefined> {
  const ref = callRef(services.db, end);
  const endedAt = Timestamp.fromMillis(services.clock.now());
  const call = await changeCall(services, ref, (before) => buildEnded(before, end, endedAt));
  if (call === undefined) {
    const isRecorded = await recordOvertaken(services, end, endedAt);
    return isRecorded ? undefined : endCall(services, end);
  }
  if (Object.keys(call.extens).length === 0) return undefined;
  const told = await endAbandoned(services, ref, call);
  return { status: call.status, notified: await silenceDevices(services, ref, told) };
}

/**
 * Marks the phones of extens whose waker has died: it may have pushed to them, and only they know. A waker that is still at
 * it finds the end on record by itself.
 */
async function endAbandoned(services: Services, ref: DocumentReference, call: CallDocument): Promise<CallDocument> {
  const { endReason } = call;
  const now = services.clock.now();
  const abandoned = Object.entries(call.extens).filter(
    ([, { status, wakingUntil }]) => status === undefined && wakingUntil.toMillis() <= now,
  );
  if (endReason === undefined || abandoned.length === 0) return call;
  const found = await Promise.all(
    abandoned.map(async ([exten]) => {
      const devices = await findDevicesOfExten(services, exten);
      return devices.map(({ deviceId }) => ({ deviceId, exten }));
    }),
  );
  const change = ({ devices }: CallDocument) => ({ devices: endUnknown(devices, found.flat(), endReason) });
  return (await changeCall(services, ref, change)) ?? call;
}

function buildEnded(call: CallDocument, { reason, exten }: CallEnd, endedAt: Timestamp): CallChange | undefined {
  if (call.endedAt !== undefined) return undefined;
  if (exten === undefined) return { devices: endRinging(call.devices, reason), endedAt, endReason: reason };
  const record = call.extens[exten];
  if (record === undefined) return undefined;
  const extens = { ...call.extens, [exten]: { ...record, endReason: record.endReason ?? reason } };
  const devices = endRinging(call.devices, reason, (_, device) => device.exten === exten);
  const isLast = Object.values(extens).every(({ endReason }) => endReason !== undefined);
  return { extens, devices, ...(isLast && { endedAt, endReason: reason }) };
}

/** Leaves word for a call that is announced after its end; false when the announcement was quicker. */
async function recordOvertaken({ db }: Services, end: CallEnd, endedAt: Timestamp): Promise<boolean> {
  const call: CallDocument = {
    pbxId: end.pbxId,
    linkedId: end.linkedId,
    uids: [],
    extens: {},
    callerId: "",
    callerName: "",
    callType: "voice",
    status: "ended",
    devices: {},
    createdAt: endedAt,
    endedAt,
    endReason: end.reason,
    expireAt: Timestamp.fromMillis(endedAt.toMillis() + overtakenMs),
  };
  try {
    await callRef(db, end).create(call);
    return true;
  } catch (error) {
    if (isRecordedAlready(error)) return false;
    throw error;
  }
}

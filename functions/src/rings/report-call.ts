import { Timestamp } from "firebase-admin/firestore";
import { buildDeviceDocId, deviceRefs, pickDevice, type Device } from "../devices/device.ts";
import { findSuccessors } from "../devices/find-devices.ts";
import { ownEntry } from "../own-entry.ts";
import { AccessDenied } from "../errors.ts";
import { wasAssignedBefore } from "../lines/lines.ts";
import { settleAll } from "../settle-all.ts";
import { settleWithin } from "../settle-within.ts";
import type { Services } from "../services.ts";
import type { CallReport, CallState } from "../wire.ts";
import { applyReport } from "./apply-report.ts";
import { changeRing, type Changed } from "./change-ring.ts";
import { endGroups } from "./end-groups.ts";
import { callOf, findRings } from "./find-rings.ts";
import { findDecisive, findPhoneId, isGroupLiving, isLiving, statusAt, withOwner, type Group } from "./group.ts";
import { isRinging } from "./phone-state.ts";
import { findDue } from "./remember-end.ts";
import { lineOf, readStored, ringRef, type StoredRing } from "./ring.ts";
import { tellAbandoned } from "./tell-abandoned.ts";
import { tellPhones } from "./tell-phones.ts";

/**
 * If FCM is silent for so long, in milliseconds, while a report tells the phones of a ring, the report is answered: its
 * phone asks again after three seconds.
 */
const longestTellMs = 1000;

/** A phone's receipt, and the user who sends it. */
export interface Report extends CallReport {
  readonly uid: string;
}

/**
 * Records a phone's receipt with the server's time and returns the status of the ring. A receipt that is recorded
 * already is only read: a ringing iPhone repeats its last one to learn of the end. An answer silences every other phone
 * of the call that rings at that time. Throws the same {@link AccessDenied} for a ring that does not exist and for a
 * ring or device that is not the user's.
 */
export async function reportCall(services: Services, report: Report): Promise<CallState> {
  const { stored, phoneId } = await getOwn(services, report);
  const { uid, event } = report;
  const now = services.clock.now();
  const known = stored.ring.joined === undefined ? { known: stored } : {};
  const changed = await changeRing(
    services,
    stored.id,
    (group) => applyReport(withOwner(group, uid), phoneId, report, Timestamp.fromMillis(now)),
    known,
  );
  if (changed === undefined) throw notYours();
  logReady(services, report, changed.group, { phoneId, now });
  const isAnswer = event === "answered" && phoneOf(changed.group, phoneId)?.state === "answered";
  const others = isAnswer ? [endOthers(services, changed.group)] : [];
  const told = settleAll<unknown>([tellAll(services, changed), ...others]);
  // A phone that asks whether its ring is over must learn it, also while FCM is down. Only an answer is worth a retry.
  await (isAnswer
    ? told
    : settleWithin(
        told.catch(() => undefined),
        longestTellMs,
      ));
  return describeFor(changed.group, phoneId, services.clock.now());
}

/** The reported ring, and the phone's id in it. */
async function getOwn(services: Services, { uid, callId, deviceId }: Report) {
  const { db } = services;
  const name = { uid, deviceId };
  const [seenRing, ...seenDevices] = await db.getAll(ringRef(db, callId), ...deviceRefs(db, name));
  const stored = seenRing && readStored(seenRing);
  if (stored === undefined) throw notYours();
  const device = pickDevice(seenDevices, name);
  if (device !== undefined) {
    if (!(await isOwner(services, stored, device))) throw notYours();
    return { stored, phoneId: findPhoneId(stored.ring, device) };
  }
  // FCM may have reported the device as unregistered since its push, but its app still rings.
  if (stored.ring.uid !== uid || ownEntry(stored.ring.phones, deviceId) === undefined) throw notYours();
  const successors = await findSuccessors(services, [buildDeviceDocId(name)]);
  if (successors.some((successor) => successor.uid !== uid)) throw notYours();
  return { stored, phoneId: deviceId };
}

/**
 * A fast phone reports before the ring's owner is recorded. Then the ring is for it if it has the exten, and had it when
 * the ring began.
 */
async function isOwner(services: Services, { ring, createTime }: StoredRing, device: Device): Promise<boolean> {
  if (ring.uid !== undefined) return ring.uid === device.uid;
  const line = lineOf(ring);
  return device.extens.includes(line) && wasAssignedBefore(services, line, createTime);
}

/** The same answer in all cases, so that it does not reveal whether a ring exists. */
function notYours(): AccessDenied {
  return new AccessDenied("forbidden", "This call is not for this device");
}

/**
 * Ends the other rings of the call that the answer saw, by Firestore's time, and no later ones. The time of an answer by
 * the PBX is the creation time of the newest of them.
 */
async function endOthers(services: Services, group: Group): Promise<void> {
  const answeredAt = group.find(({ ring }) => ring.answeredAt !== undefined)?.ring.answeredAt;
  if (answeredAt === undefined) return;
  const own = new Set(group.map(({ id }) => id));
  const call = callOf(group[0].ring);
  const rings = await findRings(services, call);
  const earlier = rings.filter(({ id, createTime }) => !own.has(id) && createTime.valueOf() <= answeredAt.valueOf());
  const end = { ...call, reason: "answered_elsewhere" } as const;
  const how = { reason: end.reason, answeredAt, closes: isLiving };
  await endGroups(services, findDue(services, end, earlier), how, async (changed) => tellAll(services, changed));
}

/** The report does not wait for a request that pushes: that one tells its phones itself. */
async function tellAll(services: Services, changed: Changed): Promise<number> {
  return (await tellPhones(services, changed)) + (await tellAbandoned(services, changed, { waits: false }));
}

/**
 * Logs one line when a phone can take the call, with how long that took. A repeat finds an earlier time recorded and
 * logs nothing.
 */
function logReady(
  { log }: Services,
  { deviceId, event }: Report,
  group: Group,
  { phoneId, now }: { readonly phoneId: string; readonly now: number },
): void {
  const { acceptedAt, readyAt } = phoneOf(group, phoneId) ?? {};
  if (event !== "ready" || readyAt?.toMillis() !== now) return;
  const [{ id: callId, ring }] = group;
  const webhookToReadyMs = now - ring.createdAt.toMillis();
  // A fast phone reports before FCM's answer is recorded.
  const acceptedToReadyMs = Math.max(0, now - (acceptedAt?.toMillis() ?? now));
  log.info("phone_ready", { callId, deviceId, webhookToReadyMs, acceptedToReadyMs });
}

function phoneOf([{ ring }]: Group, phoneId: string) {
  return ownEntry(ring.phones, phoneId);
}

function describeFor(group: Group, phoneId: string, now: number): CallState {
  const phone = phoneOf(group, phoneId);
  const { status, reason = phone?.endReason } = statusAt(findDecisive(group, now).ring, now);
  const ringing = phone !== undefined && isRinging(phone) && isGroupLiving(group, now);
  return { callId: group[0].id, status, ringing, ...(reason !== undefined && { reason }) };
}

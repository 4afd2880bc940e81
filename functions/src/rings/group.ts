import type { Timestamp } from "firebase-admin/firestore";
import { buildDeviceDocId, type Device } from "../devices/device.ts";
import { ownEntry } from "../own-entry.ts";
import type { CallStatus, EndReason } from "../wire.ts";
import { isUntold, mayRing, nextPhoneState } from "./phone-state.ts";
import type { Phone, Ring, StoredRing } from "./ring.ts";

/**
 * The rings that share phones: the first is the one that the phones know, the others have joined it. Nearly always
 * there is only one.
 */
export type Group = readonly [StoredRing, ...StoredRing[]];

/** Whether a ring makes phones ring: announced, not answered, not ended, and within its time. */
export function isLiving({ answeredAt, endedAt, ringEndsAt }: Ring, now: number): boolean {
  return answeredAt === undefined && endedAt === undefined && now < ringEndsAt.toMillis();
}

/** Whether a ring is active: it lives, or it was answered and the call goes on. */
export function isActive(ring: Ring, now: number): boolean {
  return isLiving(ring, now) || (ring.answeredAt !== undefined && ring.endedAt === undefined);
}

/** When the phones of a group stop by themselves: at the end of its last living ring. */
export function findRingEnd(group: Group, now: number): number {
  const living = group.filter(({ ring }) => isLiving(ring, now));
  return Math.max(...(living.length > 0 ? living : group).map(({ ring }) => ring.ringEndsAt.toMillis()));
}

/** Whether the phones of a group should ring. */
export function isGroupLiving(group: Group, now: number): boolean {
  return group.some(({ ring }) => isLiving(ring, now));
}

/** The status of a ring at a time. Without an answer or an end it is over after its ring time: declined or missed. */
export function statusAt(ring: Ring, now: number): { readonly status: CallStatus; readonly reason?: EndReason } {
  const { status, endReason, ringEndsAt } = ring;
  const isDecided = status === "answered" || status === "ended";
  if (!isDecided && now >= ringEndsAt.toMillis()) {
    return { status: "ended", reason: status === "declined" ? "declined" : "missed" };
  }
  return { status, ...(endReason !== undefined && { reason: endReason }) };
}

/** The ring that decides a group's status: one that lives, else one that was answered, else the last that was ended. */
export function findDecisive(group: Group, now: number): StoredRing {
  const open = group.find(({ ring }) => isLiving(ring, now)) ?? group.find(({ ring }) => isActive(ring, now));
  return (
    open ?? group.reduce((one, other) => (millisOf(other.ring.endedAt) > millisOf(one.ring.endedAt) ? other : one))
  );
}

/**
 * Why a phone of a group must be told to stop; `undefined` if it may ring, or has stopped at the end of its ring time.
 */
export function findStopReason(group: Group, deviceId: string, now: number): EndReason | undefined {
  const { phones } = group[0].ring;
  const isAnswered = Object.entries(phones).some(([id, { state }]) => id !== deviceId && state === "answered");
  if (isAnswered) return "answered_elsewhere";
  const { ring } = findDecisive(group, now);
  if (isActive(ring, now) || ring.endedAt === undefined) return undefined;
  return ring.endReason ?? "failed";
}

/** Whether phones of a group may ring that must stop: phones that it knows, or that it has not recorded. */
export function mayRingOn(group: Group, now: number): boolean {
  const isStopped = findStopReason(group, "", now) !== undefined;
  return mayHaveUnrecorded(group, now) || (isStopped && Object.values(group[0].ring.phones).some(mayRing));
}

/** Whether phones that must stop may ring by a push that its request has not recorded. */
export function mayHaveUnrecorded(group: Group, now: number): boolean {
  return group[0].ring.answer === undefined && findStopReason(group, "", now) !== undefined;
}

/** The right to send the end push to phones that must stop. */
export type Telling = NonNullable<Phone["telling"]>;

/**
 * Applies the consequences of a change to a group: marks the phones that must stop, gives the right to tell them to
 * `telling` unless another request still has it, and derives each ring's status.
 */
export function applyConsequences(group: Group, now: number, telling: Telling | undefined): Group {
  const [leader, ...others] = group;
  const isMember = ({ ring }: StoredRing) => ring.joined === leader.id;
  const members: Group = [leader, ...others.filter(isMember)];
  const phones = mapPhones(leader.ring.phones, (phone, id) => {
    const reason = mayRing(phone) ? findStopReason(members, id, now) : undefined;
    const stopped =
      reason === undefined ? phone : { ...phone, state: nextPhoneState(phone.state, "ended"), endReason: reason };
    const isFree = stopped.telling === undefined || stopped.telling.until.toMillis() <= now;
    return isUntold(stopped) && isFree && telling !== undefined ? { ...stopped, telling } : stopped;
  });
  const first = update(leader, { phones });
  const { answer } = first.ring;
  const derive = (stored: StoredRing) => update(stored, { status: deriveStatus(stored.ring, phones, answer) });
  // A ring that was read in order to join, but did not, stays unchanged.
  return [derive(first), ...others.map((other) => (isMember(other) ? derive(other) : other))];
}

/** A stored ring with new field values; the same object if none of them differs. */
export function update(stored: StoredRing, fields: Partial<Ring>): StoredRing {
  const isSame = Object.entries(fields).every(([key, value]) => Reflect.get(stored.ring, key) === value);
  return isSame ? stored : { ...stored, ring: { ...stored.ring, ...fields } };
}

/** The group with other phones; its first ring holds them. */
export function withPhones([leader, ...joined]: Group, phones: Ring["phones"]): Group {
  return [update(leader, { phones }), ...joined];
}

/**
 * The group with an owner for its phones, unless it has one. A phone's id in a ring is unambiguous only with the ring's
 * user, so the write that records the first phone records the user too.
 */
export function withOwner([leader, ...joined]: Group, uid: string | undefined): Group {
  return [uid === undefined || leader.ring.uid !== undefined ? leader : update(leader, { uid }), ...joined];
}

/** The group with `change` applied to each of its rings. */
export function withRings([leader, ...joined]: Group, change: (ring: Ring, stored: StoredRing) => Ring): Group {
  const changed = (member: StoredRing): StoredRing => {
    const ring = change(member.ring, member);
    return ring === member.ring ? member : { ...member, ring };
  };
  return [changed(leader), ...joined.map(changed)];
}

/**
 * The phones with those that may ring although their push is not recorded, in the state of a phone that must be told to
 * stop. One whose recorded push failed may have got another.
 */
export function endUnknown(ring: Ring, devices: readonly Device[], endReason: EndReason): Ring["phones"] {
  const { phones } = ring;
  // A former id may be another device's by now.
  const taken = new Set(devices.map(({ id }) => id));
  const isFree = (id: string) => !taken.has(id);
  const ids = devices.map((device) =>
    findPhoneId(ring, { ...device, formerIds: (device.formerIds ?? []).filter(isFree) }),
  );
  const unknown = ids.filter((id) => (ownEntry(phones, id)?.state ?? "failed") === "failed");
  if (unknown.length === 0) return phones;
  return { ...phones, ...Object.fromEntries(unknown.map((id) => [id, { state: "ended", endReason } as const])) };
}

/**
 * The id of its owner's device in a ring: an app that registered under another id since its push is still the same
 * phone.
 */
export function findPhoneId({ phones }: Ring, { uid, deviceId, formerIds = [] }: Device): string {
  if (formerIds.length === 0 || ownEntry(phones, deviceId) !== undefined) return deviceId;
  const known = new Map(Object.keys(phones).map((id) => [buildDeviceDocId({ uid, deviceId: id }), id]));
  return formerIds.map((id) => known.get(id)).find((id) => id !== undefined) ?? deviceId;
}

function mapPhones(phones: Ring["phones"], change: (phone: Phone, deviceId: string) => Phone): Ring["phones"] {
  const entries = Object.entries(phones).map(([id, phone]) => [id, change(phone, id)] as const);
  const isSame = entries.every(([id, phone]) => phones[id] === phone);
  return isSame ? phones : Object.fromEntries(entries);
}

function deriveStatus(ring: Ring, phones: Ring["phones"], answer: Ring["answer"]): CallStatus {
  const states = new Set(Object.values(phones).map(({ state }) => state));
  if (ring.endedAt !== undefined) return "ended";
  if (ring.answeredAt !== undefined) return "answered";
  if (states.has("ready")) return "ready";
  if (states.has("accepted") || states.has("received")) return "notified";
  if (answer === undefined) return "waking";
  // A phone that ended the ring by itself counts as one that declined.
  return states.has("declined") || states.has("ended") ? "declined" : "failed";
}

function millisOf(time: Timestamp | undefined): number {
  return time?.toMillis() ?? 0;
}

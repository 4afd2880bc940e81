import type { Timestamp } from "firebase-admin/firestore";
import { ownEntry } from "../own-entry.ts";
import type { CallStatus, EndReason } from "../wire.ts";
import { isRinging, isUntold, nextPhoneState } from "./phone-state.ts";
import type { Phone, Ring, StoredRing } from "./ring.ts";

/**
 * The rings that make the same phones ring: the first is the one the phones know, and the others have joined it. Nearly
 * always it is alone.
 */
export type Group = readonly [StoredRing, ...StoredRing[]];

/** Whether a ring makes phones ring: announced, not answered, not ended, and within its time. */
export function isLiving({ answeredAt, endedAt, ringEndsAt }: Ring, now: number): boolean {
  return answeredAt === undefined && endedAt === undefined && now < ringEndsAt.toMillis();
}

/** Whether a ring is what its call is about: it lives, or was answered and the talk has not ended. */
export function isActive(ring: Ring, now: number): boolean {
  return isLiving(ring, now) || (ring.answeredAt !== undefined && ring.endedAt === undefined);
}

/** When the phones of a group are to stop by themselves: with the last of its rings that live. */
export function findRingEnd(group: Group, now: number): number {
  const living = group.filter(({ ring }) => isLiving(ring, now));
  return Math.max(...(living.length > 0 ? living : group).map(({ ring }) => ring.ringEndsAt.toMillis()));
}

/** Whether the phones of a group are to ring. */
export function isGroupLiving(group: Group, now: number): boolean {
  return group.some(({ ring }) => isLiving(ring, now));
}

/** How a ring stands at a time: past its ring time, without an answer or an end, it is over: declined, or missed. */
export function statusAt(ring: Ring, now: number): { readonly status: CallStatus; readonly reason?: EndReason } {
  const { status, endReason, ringEndsAt } = ring;
  const isDecided = status === "answered" || status === "ended";
  if (!isDecided && now >= ringEndsAt.toMillis()) {
    return { status: "ended", reason: status === "declined" ? "declined" : "missed" };
  }
  return { status, ...(endReason !== undefined && { reason: endReason }) };
}

/** The ring that says how a group stands: one that lives, else one that was answered, else the last that was ended. */
export function findDecisive(group: Group, now: number): StoredRing {
  const open = group.find(({ ring }) => isLiving(ring, now)) ?? group.find(({ ring }) => isActive(ring, now));
  return (
    open ?? group.reduce((one, other) => (millisOf(other.ring.endedAt) > millisOf(one.ring.endedAt) ? other : one))
  );
}

/** Why a phone of a group has to be told to be silent, or `undefined` when it may ring, or has stopped with its time. */
export function findStopReason(group: Group, deviceId: string, now: number): EndReason | undefined {
  const { phones } = group[0].ring;
  const isAnswered = Object.entries(phones).some(([id, { state }]) => id !== deviceId && state === "answered");
  if (isAnswered) return "answered_elsewhere";
  const { ring } = findDecisive(group, now);
  if (isActive(ring, now) || ring.endedAt === undefined) return undefined;
  return ring.endReason ?? "failed";
}

/** The right to send the end push to phones that are to stop. */
export type Telling = NonNullable<Phone["telling"]>;

/**
 * A group with all that follows from what has just changed in it: phones that have to stop are marked, the right to tell
 * them is given to `telling` unless another request still has it, and each ring's status is derived.
 */
export function followThrough(group: Group, now: number, telling: Telling | undefined): Group {
  const [leader, ...others] = group;
  const isMember = ({ ring }: StoredRing) => ring.joined === leader.id;
  const members: Group = [leader, ...others.filter(isMember)];
  const phones = mapPhones(leader.ring.phones, (phone, id) => {
    const reason = isRinging(phone) ? findStopReason(members, id, now) : undefined;
    const stopped =
      reason === undefined ? phone : { ...phone, state: nextPhoneState(phone.state, "ended"), endReason: reason };
    const isFree = stopped.telling === undefined || stopped.telling.until.toMillis() <= now;
    return isUntold(stopped) && isFree && telling !== undefined ? { ...stopped, telling } : stopped;
  });
  const first = update(leader, { phones });
  const { answer } = first.ring;
  const derive = (stored: StoredRing) => update(stored, { status: deriveStatus(stored.ring, phones, answer) });
  // A ring that was read to join, and has not, stays as it is.
  return [derive(first), ...others.map((other) => (isMember(other) ? derive(other) : other))];
}

/** A stored ring with other fields; itself when they are what it has already. */
export function update(stored: StoredRing, fields: Partial<Ring>): StoredRing {
  const isSame = Object.entries(fields).every(([key, value]) => Reflect.get(stored.ring, key) === value);
  return isSame ? stored : { ...stored, ring: { ...stored.ring, ...fields } };
}

/** The group with other phones, which stand in its first ring. */
export function withPhones([leader, ...joined]: Group, phones: Ring["phones"]): Group {
  return [update(leader, { phones }), ...joined];
}

/** The group with what `change` makes of each of its rings. */
export function withRings([leader, ...joined]: Group, change: (ring: Ring, ringId: string) => Ring): Group {
  const changed = (member: StoredRing): StoredRing => {
    const ring = change(member.ring, member.id);
    return ring === member.ring ? member : { ...member, ring };
  };
  return [changed(leader), ...joined.map(changed)];
}

/** Phones that may ring without the record's knowing, as they are once they have to be told to stop. */
export function endUnknown(phones: Ring["phones"], deviceIds: readonly string[], endReason: EndReason): Ring["phones"] {
  const unknown = deviceIds.filter((deviceId) => ownEntry(phones, deviceId) === undefined);
  if (unknown.length === 0) return phones;
  return { ...phones, ...Object.fromEntries(unknown.map((id) => [id, { state: "ended", endReason } as const])) };
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
  // A phone that has ended the ring by itself wants it no more than one that declines.
  return states.has("declined") || states.has("ended") ? "declined" : "failed";
}

function millisOf(time: Timestamp | undefined): number {
  return time?.toMillis() ?? 0;
}

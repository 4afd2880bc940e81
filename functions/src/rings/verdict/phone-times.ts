import { ownEntry } from "../../own-entry.ts";
import type { EndReason } from "../../wire.ts";
import { findDecisive, isGroupLiving, statusAt, type Group } from "../group.ts";
import type { Phone, StoredRing } from "../ring.ts";

/** A phone that FCM reaches has mostly reported by then, and one that has reported is mostly ready, in milliseconds. */
export const usualMs = 5000;

/** A ring that is over sooner gives a sleeping phone no chance, and a phone or a push that takes longer is late, in milliseconds. */
export const shortMs = 10_000;

/** When a ring was over: by an answer, an end, or the end of its time. */
export function findStop({ ring: { answeredAt, endedAt, ringEndsAt } }: Pick<StoredRing, "ring">): number {
  return Math.min(...[answeredAt, endedAt, ringEndsAt].flatMap((time) => time?.toMillis() ?? []));
}

/** What a phone did, and until when it could. */
export interface Steps {
  readonly sentAt: number;
  readonly heardAt: number | undefined;
  readonly readyAt: number | undefined;
  readonly stopsAt: number;
}

/** The first step that came after the end and took longer than usual; or the first report, if there was no time left. */
export function findLate({ sentAt, heardAt, readyAt, stopsAt }: Steps): number | undefined {
  const times = [sentAt, heardAt, readyAt].filter((time) => time !== undefined);
  const first = times.findIndex((time) => time > stopsAt);
  const [before, late] = [times[first - 1], times[first]];
  if (before !== undefined && late !== undefined && late - before > usualMs) return late;
  if (heardAt === undefined || heardAt - sentAt <= shortMs) return undefined;
  const wasReady = readyAt !== undefined && readyAt <= stopsAt;
  return !wasReady && stopsAt - heardAt < usualMs ? heardAt : undefined;
}

/** The end of a group's ring time. */
export function findTimeOut(group: Group): number {
  return Math.max(...group.map(({ ring }) => ring.ringEndsAt.toMillis()));
}

/** Whether the ring time was over before anything else ended the ring: what came then did not stop the phone. */
export function isTimedOut(group: Group): boolean {
  return Math.max(...group.map(findStop)) === findTimeOut(group);
}

/** Why a phone of a group had to stop; `undefined` while it may ring. */
export function findReason({ endReason }: Phone, group: Group, now: number): EndReason | undefined {
  if (isGroupLiving(group, now)) return endReason;
  const { ring } = findDecisive(group, now);
  const { status } = statusAt(ring, now);
  const told = endReason ?? ring.endReason;
  // Nobody ended it. A phone that has declined stops alone, and the others ring on.
  if (told === undefined) return status === "answered" ? "answered_elsewhere" : "missed";
  // A PBX may tell an answer when the talk is over. Of the rest, the time of the ring was over first.
  const isLate = told === "cancelled" || told === "busy" || told === "failed";
  return isLate && isTimedOut(group) ? "missed" : told;
}

/** The first report of a phone. */
export function findFirst(phone: Phone): number | undefined {
  const { receivedAt, readyAt, failedAt, answeredAt, declinedAt, endedAt } = phone;
  const times = [receivedAt, readyAt, failedAt, answeredAt, declinedAt, endedAt].flatMap((at) => at?.toMillis() ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** An answered ring whose end was never told is taken to have lasted so long, in milliseconds. */
const longestCallMs = 3_600_000;

/** A call that another ring had brought to the phone. */
export interface OtherCall {
  readonly since: number;
  /** Its end is on record. */
  readonly isKnown: boolean;
}

/** The other call that the phone was in. */
export function findOtherCall(
  deviceId: string,
  [{ ring: own }]: Group,
  others: readonly StoredRing[],
): OtherCall | undefined {
  const begin = own.createdAt.toMillis();
  return others
    .filter(({ ring }) => ring.uid !== undefined && ring.uid === own.uid)
    .flatMap(({ ring: { phones, endedAt } }) => {
      const phone = ownEntry(phones, deviceId);
      const since = phone?.state === "answered" ? phone.answeredAt?.toMillis() : undefined;
      const isKnown = endedAt !== undefined;
      return since === undefined ? [] : [{ since, isKnown, until: endedAt?.toMillis() ?? since + longestCallMs }];
    })
    .find(({ since, until }) => since < begin && begin < until);
}

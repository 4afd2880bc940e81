import type { PhoneCase } from "./phone-case.ts";

/** Nobody reaches for a phone sooner, in milliseconds. */
const briefMs = 3000;

/** Another phone took the call. */
export function isTaken({ reason }: PhoneCase): boolean {
  return reason === "answered" || reason === "answered_elsewhere";
}

/** Another phone declined the call. A PBX whose desk phone declines may call that busy. */
export function isDeclined({ reason, isDeclinedByOther }: PhoneCase): boolean {
  return reason === "declined" || (reason === "busy" && isDeclinedByOther);
}

/** Another phone took the call, and that explains why this one did not ring, or why it stopped. */
export function isTakenFirst(one: PhoneCase): boolean {
  return isTaken(one) && (one.wasReady || one.hadNoChance);
}

/** Another phone declined the call, and that explains why this one did not ring, or why it stopped. */
export function isDeclinedFirst(one: PhoneCase): boolean {
  return isDeclined(one) && (one.wasReady || one.hadNoChance);
}

/** The caller hung up before the phone could ring, or before anybody could reach for it. */
export function isGivenUp(one: PhoneCase): boolean {
  return one.reason === "cancelled" && (one.wasReady ? findRangMs(one) < briefMs : one.hadNoChance);
}

/** For how long a phone that was ready rang, in milliseconds. */
export function findRangMs({ phone: { readyAt }, stopsAt }: PhoneCase): number {
  return stopsAt - (readyAt?.toMillis() ?? stopsAt);
}

/** The caller, or another phone, ended the ring before this phone could ring: whatever else was wrong, it is not why. */
export function isExcused(one: PhoneCase): boolean {
  return one.hadNoChance && (one.reason === "cancelled" || isTaken(one) || isDeclined(one));
}

/** The phone ended the ring by itself. In a ring of an earlier version it is not on record when. */
export function hasEndedIt({ phone: { state, endReason, endedAt }, stopsAt }: PhoneCase): boolean {
  return state === "ended" && endReason === undefined && (endedAt?.toMillis() ?? 0) < stopsAt;
}

import type { Timestamp } from "firebase-admin/firestore";
import type { Clock } from "../clock.ts";

/** An hour, in milliseconds. */
export const hourMs = 3_600_000;

/** The beginning of the hour that a time is in, in milliseconds since the epoch. */
export function startOfHour(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs;
}

/** The name of the hour that a time is in, in UTC: `2026-11-28T05`. Names have the order of the hours. */
export function nameHour(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-11-28T05".length);
}

/** The day of a named hour, in UTC: `2026-11-28`. */
export function nameDay(hour: string): string {
  return hour.slice(0, "2026-11-28".length);
}

/** The beginning of a named hour, in milliseconds since the epoch. */
export function parseHour(name: string): number {
  return Date.parse(`${name}:00:00Z`);
}

/**
 * The time by our clock, or by Firestore's when it read, whichever is later: by a clock that was set back, hours whose
 * rings are gone would be counted again.
 */
export function laterTime(clock: Clock, readTime: Timestamp): number {
  return Math.max(clock.now(), readTime.toMillis());
}

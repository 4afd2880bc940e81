import type { Time } from "../wire.ts";

/** A time as the console gets it. */
export function isoTime(ms: number): Time {
  return new Date(ms).toISOString();
}

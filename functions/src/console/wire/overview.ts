import type { Time } from "./common.ts";

/** What of the statistics is wanted. */
export interface OverviewRequest {
  /** At most 92 days before `until` by hour, 400 days by day. */
  readonly since: Time;
  /** Now if absent. */
  readonly until?: Time | undefined;
  readonly by: "hour" | "day";
  /** All PBXs if absent. */
  readonly pbxId?: string | undefined;
}

/** Numbers of rings. */
export interface RingCounts {
  readonly announced: number;
  /** A push service took the push for a phone at least. */
  readonly reached: number;
  /** A phone said that it could take the call. */
  readonly ready: number;
  readonly answered: number;
  /** A phone declined, and nobody took the call. */
  readonly declined: number;
  readonly missed: number;
}

/** The numbers of one hour or one day. */
export interface OverviewBucket extends RingCounts {
  /** The beginning of it. */
  readonly at: Time;
}

/** A bar of the wake-time histogram: from the announcement to the first phone that was ready. */
export interface WakeBar {
  /** Up to and with this time; absent at the last bar, which has no end. */
  readonly upToMs?: number;
  readonly count: number;
}

/** The statistics of a span, from the hourly roll-ups. */
export interface Overview {
  /** Oldest first; hours and days without a ring are among them, with zeros. */
  readonly buckets: readonly OverviewBucket[];
  readonly total: RingCounts;
  readonly perPbx: readonly (RingCounts & { readonly pbxId: string })[];
  readonly wake: { readonly bars: readonly WakeBar[]; readonly p50Ms?: number; readonly p95Ms?: number };
  /** Missed rings by cause: why the phone that came farthest did not ring, or was not answered. The most frequent first. */
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
  /** Rings that began later are not in it yet; absent if nothing was rolled up. */
  readonly countedUntil?: Time;
}

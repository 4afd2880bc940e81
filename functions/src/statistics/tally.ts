import { addWakeTimes, wakeTimesOf, type WakeTimes } from "./wake-times.ts";

/** What is counted, in the order in which it happens. */
export const steps = ["announced", "reached", "ready", "answered", "declined", "missed"] as const;

/** How a ring ended: somebody took the call, somebody declined it, or nobody did anything. */
export type Outcome = "answered" | "declined" | "missed";

/**
 * Numbers of rings, or of phones. `announced` is the sum of `answered`, `declined`, `missed` and of those that the rest of
 * this page leaves open: rings that live, and phones whose call another phone took or declined.
 */
export interface Tally extends Readonly<Record<(typeof steps)[number], number>> {
  /** From the announcement to `ready`. */
  readonly wake: WakeTimes;
}

/** The tally of nothing. */
export const emptyTally: Tally = { announced: 0, reached: 0, ready: 0, answered: 0, declined: 0, missed: 0, wake: [] };

/** What is known of one ring, or of one phone. */
export interface Counted {
  readonly isReached: boolean;
  readonly isReady: boolean;
  readonly outcome: Outcome | undefined;
  readonly wakeMs: number | undefined;
}

/** The tally of one ring, or of one phone. */
export function tallyOf({ isReached, isReady, outcome, wakeMs }: Counted): Tally {
  return {
    announced: 1,
    reached: isReached ? 1 : 0,
    ready: isReady ? 1 : 0,
    answered: outcome === "answered" ? 1 : 0,
    declined: outcome === "declined" ? 1 : 0,
    missed: outcome === "missed" ? 1 : 0,
    wake: wakeMs === undefined ? [] : wakeTimesOf(wakeMs),
  };
}

/** Two tallies added up. */
export function addTallies(one: Tally, other: Tally): Tally {
  return {
    announced: one.announced + other.announced,
    reached: one.reached + other.reached,
    ready: one.ready + other.ready,
    answered: one.answered + other.answered,
    declined: one.declined + other.declined,
    missed: one.missed + other.missed,
    wake: addWakeTimes(one.wake, other.wake),
  };
}

import type { Clock } from "../../functions/src/clock.ts";

/** A clock that stands still until a test moves it; sleeping moves it at once. */
export interface TestClock extends Clock {
  /** The length of each sleep in milliseconds, in order. */
  readonly sleeps: readonly number[];
  /** Moves the clock on. */
  advance(ms: number): void;
}

/** A clock that starts at `now`, milliseconds since the epoch. */
export function createTestClock(now = Date.UTC(2026, 10, 2, 3, 4, 5)): TestClock {
  const sleeps: number[] = [];
  let time = now;
  return {
    sleeps,
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      time += ms;
    },
  };
}

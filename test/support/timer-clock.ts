import type { Clock } from "../../packages/client/src/clock.ts";

/** A clock for the client that stands still: timers run when the test moves it past them. */
export interface TimerClock extends Clock {
  /** The remaining time of each pending timer in milliseconds, soonest first. */
  readonly waits: readonly number[];
  /** Moves the clock on and runs the timers that are due, in order. */
  advance(ms: number): void;
}

/** A clock whose `random()` is always `random`. */
export function createTimerClock(random = 0.5): TimerClock {
  const timers = new Map<object, { readonly at: number; readonly run: () => void }>();
  let time = Date.UTC(2026, 10, 2, 3, 4, 5);
  const soonest = () => [...timers].toSorted(([, one], [, other]) => one.at - other.at);
  return {
    now: () => time,
    random: () => random,
    startTimer: (ms, run) => {
      const timer = {};
      timers.set(timer, { at: time + ms, run });
      return () => timers.delete(timer);
    },
    get waits() {
      return soonest().map(([, { at }]) => at - time);
    },
    advance: (ms) => {
      const end = time + ms;
      for (let [next] = soonest(); next !== undefined && next[1].at <= end; [next] = soonest()) {
        timers.delete(next[0]);
        time = next[1].at;
        next[1].run();
      }
      time = end;
    },
  };
}

import type { Clock } from "../../functions/src/clock.ts";

/** The machine's clock, which a test may turn forward; sleeps that are due then end. */
export interface TurnableClock extends Clock {
  turn(ms: number): void;
}

/** A clock that shows the present until it is turned. */
export function createTurnableClock(): TurnableClock {
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  let turned = 0;
  const now = () => Date.now() + turned;
  return {
    now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = { until: now() + ms, wake: () => leave(resolve) };
        const timer = setTimeout(() => sleeper.wake(), ms);
        const abort = () => leave(() => reject(signal?.reason as Error));
        const leave = (settle: () => void) => {
          sleepers.delete(sleeper);
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          settle();
        };
        signal?.addEventListener("abort", abort);
        sleepers.add(sleeper);
      }),
    turn: (ms) => {
      turned += ms;
      for (const { until, wake } of sleepers) if (until <= now()) wake();
    },
  };
}

import type { EmulatorClock } from "../../packages/push-emulator/src/clock.ts";

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is turned. */
export interface ManualClock extends EmulatorClock {
  /** Moves the time on and ends the sleeps that are due. */
  turn(ms: number): void;
  /** Resolves once `count` sleeps are pending on this clock. */
  waitForSleepers(count: number): Promise<void>;
}

/** Creates a clock that starts at an ISO time. */
export function createManualClock(start = "2026-11-22T00:00:00.000Z"): ManualClock {
  let now = Date.parse(start);
  let sleepers: Sleeper[] = [];
  let watchers: { readonly count: number; readonly tell: () => void }[] = [];
  const tellWatchers = (): void => {
    for (const { count, tell } of watchers) if (sleepers.length >= count) tell();
    watchers = watchers.filter(({ count }) => sleepers.length < count);
  };
  return {
    now: () => now,
    sleep: (ms) =>
      new Promise((resolve) => {
        sleepers.push({ due: now + ms, wake: resolve });
        tellWatchers();
      }),
    turn(ms) {
      now += ms;
      const due = sleepers.filter((sleeper) => sleeper.due <= now);
      sleepers = sleepers.filter((sleeper) => sleeper.due > now);
      for (const sleeper of due) sleeper.wake();
    },
    waitForSleepers: (count) =>
      new Promise((resolve) => {
        watchers.push({ count, tell: resolve });
        tellWatchers();
      }),
  };
}

import type { Clock } from "./clock.ts";

/** A wait shorter than this is not worth a timer, in milliseconds. */
const shortestWaitMs = 10;

/** Where a ramp begins, as a share of the full rate: a ramp from zero would never send the first item. */
const firstShare = 0.02;

/** How fast items may go. */
export interface Speed {
  /** Items a second at full speed. */
  readonly perSecond: number;
  /** How long the ramp from a standstill to full speed takes. */
  readonly rampSeconds: number;
}

/** One rate that everything which shares it keeps together. */
export interface Pace {
  /** Yields the items, each when it is its turn; what a stall has held up is not caught up on. */
  throttle<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined>;
}

/** Creates a pace. One that was idle for as long as its ramp takes begins with a new ramp. */
export function createPace({ perSecond, rampSeconds }: Speed, clock: Clock): Pace {
  const rampMs = rampSeconds * 1000;
  let startedAt = Number.NEGATIVE_INFINITY;
  let nextAt = Number.NEGATIVE_INFINITY;

  /** Takes the next turn and returns how long it is off, in milliseconds. */
  function takeTurn(): number {
    const now = clock.now();
    if (now - nextAt > rampMs) startedAt = now;
    const dueAt = Math.max(nextAt, now - shortestWaitMs);
    const share = rampMs === 0 ? 1 : Math.min(1, firstShare + (dueAt - startedAt) / rampMs);
    nextAt = dueAt + 1000 / (perSecond * Math.max(share, firstShare));
    return dueAt - now;
  }

  return {
    async *throttle(items) {
      for (const item of items) {
        const waitMs = takeTurn();
        if (waitMs >= shortestWaitMs) await clock.sleep(waitMs);
        yield item;
      }
    },
  };
}

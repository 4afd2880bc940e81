import type { Clock } from "./clock.ts";

/** A shorter wait is skipped, in milliseconds: it is not worth a timer. */
const shortestWaitMs = 10;

/** Start of a ramp, as a share of the full rate: from zero the first item would never be sent. */
const firstShare = 0.02;

/** A rate limit. */
export interface Speed {
  /** Items per second at the full rate. */
  readonly perSecond: number;
  /** Duration of the ramp from idle to the full rate. */
  readonly rampSeconds: number;
}

/** A rate limit that all its users share. */
export interface Pace {
  /** Yields each item when the rate allows it; does not catch up after a stall. */
  throttle<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined>;
}

/** Creates a pace. After it was idle for the duration of its ramp, it starts with a new ramp. */
export function createPace({ perSecond, rampSeconds }: Speed, clock: Clock): Pace {
  const rampMs = rampSeconds * 1000;
  let startedAt = Number.NEGATIVE_INFINITY;
  let nextAt = Number.NEGATIVE_INFINITY;

  /** Reserves the next slot and returns the wait until then, in milliseconds. */
  function reserveSlot(): number {
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
        const waitMs = reserveSlot();
        if (waitMs >= shortestWaitMs) await clock.sleep(waitMs);
        yield item;
      }
    },
  };
}

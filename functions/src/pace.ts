import type { Clock } from "./clock.ts";

/** A wait shorter than this is not worth a timer, in milliseconds. */
const shortestWaitMs = 10;

/** One rate that everything which shares it keeps together. */
export interface Pace {
  /** Yields the items, each when it is its turn; what a stall has held up is not caught up on. */
  keep<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined>;
}

/** A pace of no more than `perSecond` items. */
export function createPace(perSecond: number, clock: Clock): Pace {
  const spacingMs = 1000 / perSecond;
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    async *keep(items) {
      for (const item of items) {
        const now = clock.now();
        const dueAt = Math.max(nextAt, now - shortestWaitMs);
        nextAt = dueAt + spacingMs;
        if (dueAt - now >= shortestWaitMs) await clock.sleep(dueAt - now);
        yield item;
      }
    },
  };
}

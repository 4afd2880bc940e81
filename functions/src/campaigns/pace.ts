import type { Clock } from "../clock.ts";

/** A wait shorter than this is not worth a timer, in milliseconds. */
const shortestWaitMs = 10;

/** Yields the items at no more than `perSecond`; what a stall has held up is not caught up on. */
export async function* pace<T>(
  items: Iterable<T>,
  perSecond: number,
  clock: Clock,
): AsyncGenerator<T, void, undefined> {
  const spacingMs = 1000 / perSecond;
  let dueAt = clock.now();
  for (const item of items) {
    const now = clock.now();
    if (dueAt - now >= shortestWaitMs) await clock.sleep(dueAt - now);
    dueAt = Math.max(dueAt, now - shortestWaitMs) + spacingMs;
    yield item;
  }
}

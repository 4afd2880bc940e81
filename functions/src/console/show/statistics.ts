import type { Counters } from "../../statistics/counters.ts";
import { findQuantile, wakeBounds, type WakeTimes } from "../../statistics/wake-times.ts";
import type { Overview, RingCounts, WakeBar } from "../wire.ts";

/** The numbers of rings; zeros for none. */
export function countsOf(counters: Pick<Counters, "rings"> | undefined): RingCounts {
  const { announced = 0, reached = 0, ready = 0, answered = 0, declined = 0, missed = 0 } = counters?.rings ?? {};
  return { announced, reached, ready, answered, declined, missed };
}

/** The histogram of wake times from its first bar that is not empty on, with two percentiles. */
export function describeWake(times: WakeTimes): Overview["wake"] {
  const bars = times.map((count, nth): WakeBar => {
    const upToMs = wakeBounds[nth];
    return upToMs === undefined ? { count } : { upToMs, count };
  });
  const first = bars.findIndex(({ count }) => count > 0);
  const [p50Ms, p95Ms] = [findQuantile(times, 0.5), findQuantile(times, 0.95)];
  return {
    bars: first === -1 ? [] : bars.slice(first),
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p95Ms !== undefined && { p95Ms }),
  };
}

/** Why rings were missed, the most frequent cause first. */
export function describeCauses(causes: Counters["causes"]): Overview["causes"] {
  return [...causes]
    .map(([cause, { missed: count }]) => ({ cause, count }))
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => other.count - one.count || (one.cause < other.cause ? -1 : 1));
}

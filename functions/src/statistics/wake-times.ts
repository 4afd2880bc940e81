// A histogram with bounds that never change: the hours of a year can be added up, and their percentiles be read. An
// average of hourly percentiles would be none.

/**
 * Twelve steps a decade, the E12 series: a percentile is right within a quarter, that of many phones mostly within a
 * tenth.
 */
const steps = [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2];

/** The upper bounds of the bars, in milliseconds and inclusive; one more bar has no end. The longest ring is the last bound. */
export const wakeBounds: readonly number[] = [
  ...[100, 1000, 10_000].flatMap((decade) => steps.map((step) => Math.round(step * decade))),
  100_000,
  120_000,
];

/** How often a wake time fell into each bar. It ends with the last bar that is not empty. */
export type WakeTimes = readonly number[];

/** The histogram of one time. */
export function wakeTimesOf(ms: number): WakeTimes {
  const found = wakeBounds.findIndex((bound) => ms <= bound);
  const bar = found === -1 ? wakeBounds.length : found;
  return [...Array.from({ length: bar }, () => 0), 1];
}

/** Two histograms added up. */
export function addWakeTimes(one: WakeTimes, other: WakeTimes): WakeTimes {
  const [long, short] = one.length >= other.length ? [one, other] : [other, one];
  return short.length === 0 ? long : long.map((count, bar) => count + (short[bar] ?? 0));
}

/**
 * The time within which a share of the phones woke, between the bounds of its bar; `undefined` without any time. Of the
 * bar without an end it is the beginning.
 */
export function findQuantile(times: WakeTimes, share: number): number | undefined {
  const total = times.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = share * total;
  let below = 0;
  for (const [bar, count] of times.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = wakeBounds[bar - 1] ?? 0;
      const upper = wakeBounds[bar] ?? lower;
      return Math.round(lower + ((rank - below) / count) * (upper - lower));
    }
    below += count;
  }
  return undefined;
}

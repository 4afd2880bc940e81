/** The value that half of the samples do not exceed. Throws without samples. */
export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** The smallest sample that `percent` of all samples do not exceed (nearest rank). Throws without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((samples.length * percent) / 100));
  const value = samples.toSorted((one, other) => one - other)[rank - 1];
  if (value === undefined) throw new RangeError("Nothing was measured");
  return value;
}

/** The median of some samples with the range they lie in, as `12,000 (11,000–13,000)`. Throws without samples. */
export function describeSamples(samples: readonly number[], digits = 0): string {
  const format = (value: number) => formatNumber(value, digits);
  return `${format(median(samples))} (${format(Math.min(...samples))}–${format(Math.max(...samples))})`;
}

/** A number with a comma between its thousands. */
export function formatNumber(value: number, digits = 0): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

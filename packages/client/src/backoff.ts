/** The limits of the wait after a failure, in milliseconds: the first ceiling and the highest. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Full jitter: a random wait, in milliseconds, between 0 and a ceiling that doubles with each failure in a row.
 * `random` is from 0 to 1. It spreads the reconnects, because all phones of a PBX lose their connection at the same
 * moment. Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("full jitter")
 */
export function backOff({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  return random * Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
}

/** How long to wait after a failure, in milliseconds: at first, and at the most. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait after so many failures in a row, in milliseconds. It doubles each time and is `random`, from 0 to 1, picks from all of it, since
 * all the phones of a PBX lose their connection at the same moment.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("full jitter")
 */
export function backOff({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  return random * Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
}

import type { Report } from "./report.ts";

/** A benchmark of `npm run bench -- <name>`. */
export interface Benchmark {
  /** Its arguments, as the usage shows them. */
  readonly usage: string;
  /** Arguments of a short run, of a minute at most, or the reason why there is no short run. */
  readonly short: readonly string[] | string;
  /** Runs the measurement; `args` are the command line's arguments after the name. */
  run(args: readonly string[]): Promise<Report>;
}

/** Reads a whole number of at least 1 off the command line; throws with the option's name. */
export function parseCount(option: string, value: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new RangeError(`--${option} must be a whole number from 1`);
}

import type { Report } from "./report.ts";

/** Something that can be measured by `npm run bench -- <name>`. */
export interface Benchmark {
  /** Its arguments, as the usage shows them. */
  readonly usage: string;
  /** Those of a run that takes a minute at most, or the reason why there is none. */
  readonly short: readonly string[] | string;
  /** Measures; `args` is what followed its name on the command line. */
  run(args: readonly string[]): Promise<Report>;
}

/** Reads a whole number of at least 1 off the command line; throws with the option's name. */
export function parseCount(option: string, value: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new RangeError(`--${option} must be a whole number from 1`);
}

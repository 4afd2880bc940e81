import type { Bench, BenchOptions } from "./bench.ts";

/** What came of a fault, each in a few words. */
export interface Words {
  /** The lines the PBX got, repeats of a line once. */
  readonly pbx: string;
  /** What Firestore has. */
  readonly record: string;
  /** What each phone got, phones apart by a slash. */
  readonly phone: string;
}

/** A fault, what is done while it lasts, and what has to come of it. */
export interface Scenario extends BenchOptions {
  readonly fault: string;
  /** Lets the fault in, unless the site has it. */
  inject?(bench: Bench): unknown;
  /** What the PBX and the phones do; the answer of the last request ends it. */
  act(bench: Bench): unknown;
  readonly expect: Words;
  /** Reads what came of it; by default off the call. */
  readonly observe?: (bench: Bench) => Promise<Words>;
  /** What the words do not say. */
  check?(bench: Bench): unknown;
}

/** A table of scenarios. */
export interface Family {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
}

import type { Setup, SetupOptions } from "./setup.ts";

/** The outcome of a scenario, each field as a short text. */
export interface Outcome {
  /** The PBX's answers, consecutive repeats once. */
  readonly pbx: string;
  /** The record in Firestore. */
  readonly record: string;
  /** The pushes that each phone got, phones separated by a slash. */
  readonly phone: string;
}

/** A fault, the actions under it, and the expected outcome. */
export interface Scenario extends SetupOptions {
  readonly fault: string;
  /** Injects the fault, unless the site's options do. */
  inject?(setup: Setup): unknown;
  /** What the PBX and the phones do; resolves with the last answer. */
  act(setup: Setup): unknown;
  readonly expect: Outcome;
  /** Reads the outcome; by default that of the call. */
  readonly observe?: (setup: Setup) => Promise<Outcome>;
  /** Asserts what the outcome does not show. */
  check?(setup: Setup): unknown;
}

/** Scenarios that share a table. */
export interface Family {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  /** How many run at once; fewer where a time of a second counts. */
  readonly atOnce?: number;
}

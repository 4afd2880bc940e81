import { after, afterEach, before } from "node:test";

import type { PushEmulator } from "./contract.ts";
import { startForSuite } from "./suite.ts";
import type { SuiteOptions } from "./suite.ts";

export type { PushEmulator, SuiteOptions };

/** An emulator for the tests of this file or `describe` block, by node:test. It runs from the first test to the last. */
export function usePushEmulator(options: SuiteOptions = {}): PushEmulator {
  return startForSuite({ before, afterEach, after }, options);
}

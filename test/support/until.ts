import { setImmediate } from "node:timers/promises";

/** Resolves as soon as the condition holds; the test runner's own timeout ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

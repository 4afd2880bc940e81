import { setImmediate } from "node:timers/promises";

/**
 * Longer than anything here takes, and shorter than the test runner's timeout: otherwise the loop would go on after its
 * test.
 */
const patienceMs = 50_000;

/** Resolves as soon as the condition holds; rejects after the timeout. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`Waited in vain for ${condition.toString()}`);
    await setImmediate();
  }
}

import { setImmediate } from "node:timers/promises";

/**
 * Longer than anything here takes, and shorter than the test runner's timeout: otherwise the loop would go on after its
 * test.
 */
const timeoutMs = 50_000;

/** Resolves as soon as the condition holds; rejects after the timeout. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`Timed out waiting for ${condition.toString()}`);
    await setImmediate();
  }
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds on the page as it is shown now: one line for each finding. */
export async function findFaults(page: Page): Promise<readonly string[]> {
  // Not as a script of the page: its policy would refuse that.
  await page.evaluate(axe);
  const found: any = await page.evaluate("axe.run(document)");
  return found.violations.flatMap(({ id, nodes }: any) =>
    nodes.map(({ target, failureSummary }: any) => `${id} ${String(target)}: ${failureSummary}`),
  );
}

/** Throws if axe finds anything. */
export async function assertAxeClean(page: Page, where: string): Promise<void> {
  assert.deepEqual(await findFaults(page), [], where);
}

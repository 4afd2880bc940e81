import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { apnsFamily } from "./apns.suite.ts";
import { startSetup } from "./setup.ts";
import { fcmFamily } from "./fcm.suite.ts";
import { firestoreFamily } from "./firestore.suite.ts";
import { phonesFamily } from "./phones.suite.ts";
import { processesFamily } from "./processes.suite.ts";
import { assertPromises } from "./promises.ts";
import { pubsubFamily } from "./pubsub.suite.ts";
import type { Family, Scenario } from "./scenario.ts";
import { writeOrCompareTable, type Row } from "./table.ts";
import { observeCall } from "./outcome.ts";
import { startSharedServices, type SharedServices } from "./shared-services.ts";

const families: readonly Family[] = [
  fcmFamily,
  apnsFamily,
  firestoreFamily,
  pubsubFamily,
  processesFamily,
  phonesFamily,
];
/** `FAULTS=DNS` runs only the scenarios with that in their name, and does not check the page. */
const only = process.env["FAULTS"] ?? "";
const isWriting = process.env["FAULTS_WRITE"] === "1";
/** Scenarios mostly wait. */
const usualAtOnce = 6;

let shared: SharedServices;
before(async () => {
  shared = await startSharedServices();
});
after(async () => shared.close());

const rows = new Map<Scenario, Row>();

describe("the service under faults", { concurrency: 1 }, () => {
  for (const { name, scenarios, atOnce = usualAtOnce } of families) {
    describe(name, { concurrency: atOnce }, () => {
      for (const scenario of scenarios.filter(({ fault }) => `${name}: ${fault}`.includes(only))) {
        it(scenario.fault, { timeout: 120_000 }, async () => void rows.set(scenario, await run(scenario)));
      }
    });
  }

  it("behaves as docs/reliability.md says", { skip: only !== "" && "some scenarios were left out" }, async () => {
    const made = families.map(
      ({ name, scenarios }) => [name, scenarios.map((scenario) => rows.get(scenario))] as const,
    );
    assert.ok(
      made.flatMap(([, each]) => each).every((row) => row !== undefined),
      "some scenarios failed",
    );
    await writeOrCompareTable(new Map(made as [string, Row[]][]), isWriting);
  });
});

async function run(scenario: Scenario): Promise<Row> {
  const setup = await startSetup(shared, scenario);
  try {
    await scenario.inject?.(setup);
    const startedAt = performance.now();
    await scenario.act(setup);
    const ms = performance.now() - startedAt;
    const { observe = observeCall } = scenario;
    const outcome = await observe(setup);
    assert.deepEqual(outcome, scenario.expect);
    await scenario.check?.(setup);
    await assertPromises(setup);
    return { fault: scenario.fault, ...outcome, ms };
  } finally {
    await setup.close();
  }
}

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startBench } from "./bench.ts";
import { fcmFamily } from "./fcm.suite.ts";
import { firestoreFamily } from "./firestore.suite.ts";
import { phonesFamily } from "./phones.suite.ts";
import { processesFamily } from "./processes.suite.ts";
import { assertPromises } from "./promises.ts";
import { pubsubFamily } from "./pubsub.suite.ts";
import type { Family, Scenario } from "./scenario.ts";
import { keepTable, type Row } from "./table.ts";
import { observeCall } from "./words.ts";
import { startWorld, type World } from "./world.ts";

const families: readonly Family[] = [fcmFamily, firestoreFamily, pubsubFamily, processesFamily, phonesFamily];
/** `FAULTS=dns` runs what has that in its name, and leaves the page alone. */
const only = process.env["FAULTS"] ?? "";
const isWriting = process.env["FAULTS_WRITE"] === "1";
/** Most of what a scenario does is to wait. */
const atOnce = 6;

let world: World;
before(async () => {
  world = await startWorld();
});
after(async () => world.close());

const rows = new Map<Scenario, Row>();

describe("the service, when something fails", { concurrency: 1 }, () => {
  for (const { name, scenarios } of families) {
    describe(name, { concurrency: atOnce }, () => {
      for (const scenario of scenarios.filter(({ fault }) => `${name}: ${fault}`.includes(only))) {
        it(scenario.fault, { timeout: 120_000 }, async () => void rows.set(scenario, await run(scenario)));
      }
    });
  }

  it("is what docs/reliability.md says", { skip: only !== "" && "some scenarios were left out" }, async () => {
    const made = families.map(
      ({ name, scenarios }) => [name, scenarios.map((scenario) => rows.get(scenario))] as const,
    );
    assert.ok(
      made.flatMap(([, each]) => each).every((row) => row !== undefined),
      "not all have passed",
    );
    await keepTable(new Map(made as [string, Row[]][]), isWriting);
  });
});

async function run(scenario: Scenario): Promise<Row> {
  const bench = await startBench(world, scenario);
  try {
    await scenario.inject?.(bench);
    const startedAt = performance.now();
    await scenario.act(bench);
    const ms = performance.now() - startedAt;
    const { observe = observeCall } = scenario;
    const words = await observe(bench);
    assert.deepEqual(words, scenario.expect);
    await scenario.check?.(bench);
    await assertPromises(bench);
    return { fault: scenario.fault, ...words, ms };
  } finally {
    await bench.close();
  }
}

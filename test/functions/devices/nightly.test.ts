import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { removeOldRuns } from "../../../functions/src/campaigns/remove-old-runs.ts";
import { startFunctions } from "../../support/functions.ts";
import { dayMs, docIdOf, readDevices, seedDevices } from "./seed-devices.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => functions.clearDatabase());

const { services } = functions;
const { db } = services;

/** A campaign's run with two shards, so many days old. */
async function addRun(runId: string, daysAgo: number): Promise<void> {
  const run = db.doc(`campaignRuns/${runId}`);
  await run.set({ state: "done", createdAt: Timestamp.fromMillis(services.clock.now() - daysAgo * dayMs) });
  for (const shard of ["0", "1"]) await run.collection("shards").doc(shard).set({ state: "done" });
}

async function readRuns(): Promise<string[]> {
  const runs = await db.collection("campaignRuns").get();
  const shards = await db.collectionGroup("shards").get();
  return [...runs.docs, ...shards.docs].map(({ ref }) => ref.path).toSorted();
}

describe("the nightly job", () => {
  it("marks stale devices, forgets old ones, and removes the runs of more than 30 days ago with their shards", async () => {
    await seedDevices(services, 3, (index) => ({ seenDaysAgo: [1, 31, 300][index]! }));
    await addRun("saveLocation~old", 30.01);
    await addRun("saveLocation~new", 29.99);
    assert.equal((await functions.runSchedule("nightly")).status, 200);
    const devices = [...(await readDevices(db)).values()].map(({ deviceId, stale }) => [deviceId, stale]);
    assert.deepEqual(devices, [
      ["d-0000", false],
      ["d-0001", true],
    ]);
    assert.deepEqual(await readRuns(), [
      "campaignRuns/saveLocation~new",
      "campaignRuns/saveLocation~new/shards/0",
      "campaignRuns/saveLocation~new/shards/1",
    ]);
  });

  it("removes runs when the audience cannot be repaired, logs why, and fails so that it is retried", async () => {
    await seedDevices(services, 1);
    // A document that the database refuses.
    await db.doc(`devices/${docIdOf("d-0000")}`).update({ audienceShard: "__full__" });
    await addRun("saveLocation~old", 31);
    const before = functions.logged.length;
    assert.equal((await functions.runSchedule("nightly")).status, 500);
    assert.deepEqual(await readRuns(), []);
    const line = functions.logged.slice(before).find((logged) => logged.includes('"nightly_failed"'));
    const { error: whole } = JSON.parse(line!) as {
      error: { errors: { stack: string; cause: { message: string } }[] };
    };
    // The user of the device, whom Auth does not have, cannot be erased either.
    const error = whole.errors.find(({ stack }) => stack.includes("mend-audience"));
    assert.match(error?.cause.message ?? "", /__full__/);
  });

  it("removes any number of runs", async () => {
    const batch = db.batch();
    const createdAt = Timestamp.fromMillis(services.clock.now() - 31 * dayMs);
    for (let index = 0; index < 120; index += 1) {
      batch.set(db.doc(`campaignRuns/r-${index}`), { createdAt });
      batch.set(db.doc(`campaignRuns/r-${index}/shards/0`), { state: "done" });
    }
    await batch.commit();
    assert.equal(await removeOldRuns(services), 120);
    assert.deepEqual(await readRuns(), []);
  });
});

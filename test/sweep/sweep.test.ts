import assert from "node:assert/strict";
import { after, beforeEach, describe, it, type TestContext } from "node:test";
import type { RunDocument } from "../../functions/src/campaigns/run.ts";
import { assertFewRepeats, assertForgotten, assertNoRepeatSeen, assertWaits } from "./claims.ts";
import { killWorkers } from "./kills.ts";
import { createRandom } from "./random.ts";
import { countByNumber, readRecords } from "./records.ts";
import { nextTime, watchRun, type RunWatch } from "./run-watch.ts";
import { readSeed } from "./size.ts";
import { setUp, startSweepers, type Sweepers } from "./setup.ts";
import { addDeviceFaults } from "./device-faults.ts";

const setup = await setUp();
const { fcm } = setup.surroundings;
const { devices, shards } = setup;
const size = devices.length;
after(() => setup.close());
beforeEach(() => {
  fcm.clearMessages();
  fcm.clearFaults();
});

/** Longer than any test takes; it turns a run that never ends into a failure. */
const timeout = 8 * 60_000;

/** Runs `saveLocation` once, with `meanwhile` alongside, and returns the run's document when it is done. */
async function sweep<T>(
  t: TestContext,
  shardSeconds: number,
  meanwhile: (sweepers: Sweepers, at: Date, watch: RunWatch) => Promise<T>,
): Promise<{ readonly run: RunDocument; readonly known: T }> {
  const sweepers = await startSweepers(setup, shardSeconds);
  const at = nextTime();
  const watch = watchRun(setup, at);
  try {
    const startedAt = performance.now();
    const known = await meanwhile(sweepers, at, watch);
    const run = await watch.done();
    t.diagnostic(`${size} devices in ${shards} shards: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return { run, known };
  } finally {
    watch.stop();
    for (const line of await sweepers.stop()) t.diagnostic(line);
  }
}

/** How the emulator's counters changed while something ran. */
function countFrom(): () => { accepted: number; refused: number; faulted: number; sends: number } {
  const before = fcm.counters;
  return () => ({
    sends: fcm.counters.sends - before.sends,
    accepted: fcm.counters.accepted - before.accepted,
    refused: fcm.counters.refused - before.refused,
    faulted: fcm.counters.faulted - before.faulted,
  });
}

describe("a sweep", () => {
  it("reaches every device exactly once, however often it is triggered", { timeout }, async (t) => {
    const counted = countFrom();
    const { run } = await sweep(t, 4, async ({ trigger }, at, watch) => {
      assert.deepEqual(await Promise.all([trigger(at), trigger(at)]), [200, 200]);
      await watch.done();
      assert.equal(await trigger(at), 200);
    });
    assert.deepEqual(countByNumber(readRecords(setup).map(({ accepted }) => accepted.length)), { 1: size });
    assert.deepEqual(counted(), { sends: size, accepted: size, refused: 0, faulted: 0 });
    assert.deepEqual(run.counts, { accepted: size, unregistered: 0, failed: 0, skipped: 0 });
    assert.deepEqual([run.shards, run.shardsPublished, run.shardsDone], [shards, shards, shards]);
  });

  it("reaches every device when workers are killed, and no phone sees a repeat", { timeout }, async (t) => {
    const seed = readSeed();
    t.diagnostic(`SWEEP_SEED=${seed}`);
    const counted = countFrom();
    for (const { token } of devices) fcm.setState(token, "offline");
    const { run, known } = await sweep(t, 16, async (started, at, watch) => {
      assert.equal(await started.trigger(at), 200);
      return killWorkers(setup, started, watch, { count: 20, random: createRandom(seed) });
    });
    for (const { token } of devices) fcm.setState(token, "online");
    const repeats = counted().accepted - size;
    const cut = known.reduce((sum, kill) => sum + kill.shards.length, 0);
    t.diagnostic(`${known.length} workers killed in the middle of ${cut} shards, ${repeats} messages sent twice`);
    assert.deepEqual([run.state, run.shardsDone], ["done", shards]);
    assert.deepEqual(run.counts, { accepted: size, unregistered: 0, failed: 0, skipped: 0 });
    assertNoRepeatSeen(setup, repeats);
    assertFewRepeats(setup, known);
  });

  it("forgets the dead devices and reaches all others, whatever FCM answers first", { timeout }, async (t) => {
    const counted = countFrom();
    const faults = addDeviceFaults(setup);
    const { dead, limited, unavailable, dropped } = faults;
    t.diagnostic(`${dead.length} dead, ${limited.length} × 429, ${unavailable.length} × 503, ${dropped.length} resets`);
    const { run, known } = await sweep(t, 4, async ({ trigger }, at, watch) => {
      assert.equal(await trigger(at), 200);
      await watch.done();
      return watch.shards;
    });
    const faulted = limited.length + unavailable.length + dropped.length;
    const alive = size - dead.length;
    assert.deepEqual(counted(), { sends: size + faulted, accepted: alive, refused: dead.length, faulted });
    assert.deepEqual(run.counts, { accepted: alive, unregistered: dead.length, failed: 0, skipped: 0 });
    assert.deepEqual(countByNumber(readRecords(setup).map(({ accepted }) => accepted.length)), {
      0: dead.length,
      1: alive,
    });
    assertWaits(setup, known, faults);
    await assertForgotten(setup, dead);
  });
});

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { sweepDevices } from "../../../functions/src/devices/sweep-devices.ts";
import { startFunctions } from "../../support/functions.ts";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { seedDevices, type EntryFields } from "./seed-devices.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});

const newlyStale = 300;
const old = 20;
const staleAlready = 2_000;

function describeDevice(index: number): EntryFields {
  if (index < old) return { seenDaysAgo: 280, stale: true };
  if (index < old + newlyStale) return { seenDaysAgo: 31 };
  return index < old + newlyStale + staleAlready ? { seenDaysAgo: 100, stale: true } : { seenDaysAgo: 3 };
}

describe("the nightly job's cost with 10,000 devices, of which 300 are newly stale and 20 old,", () => {
  it("is three reads and one write for each device it changes, one of its user, and a write for each of their audience documents", async (t) => {
    await seedDevices(functions.services, 10_000, describeDevice);
    firestore.clearCounts();
    const swept = await sweepDevices(functions.services);
    t.diagnostic(JSON.stringify({ swept, billed: firestore.billed }));
    assert.deepEqual(swept, { stale: newlyStale, forgotten: old });
    const { devices, audience, users, ...others } = firestore.billed;
    assert.deepEqual(devices, { reads: 3 * (newlyStale + old), writes: newlyStale, deletes: old });
    assert.deepEqual(users, { reads: newlyStale + old, writes: 0, deletes: 0 });
    assert.deepEqual([audience?.reads, audience?.deletes, others], [0, 0, {}]);
    const { audienceShards } = functions.services.config;
    assert.ok(audience!.writes <= audienceShards + old, String(audience?.writes));
  });

  it("is two reads when there is nothing to do", async () => {
    firestore.clearCounts();
    await sweepDevices(functions.services);
    assert.deepEqual(firestore.billed, { devices: { reads: 2, writes: 0, deletes: 0 } });
  });
});

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { muteCampaigns } from "../../../functions/src/devices/audience/mute-campaigns.ts";
import { sweepDevices } from "../../../functions/src/devices/sweep-devices.ts";
import { createTestClock } from "../../support/clock.ts";
import { startFunctions } from "../../support/functions.ts";
import { dayMs, readDevices, readEntries, register, registrationOf, seedDevices } from "./seed-devices.ts";
import { startWithin, withTransactions } from "./interleave.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => functions.clearDatabase());

const { db } = functions.services;
const clock = createTestClock();
const services = { ...functions.services, clock };

async function isStale(deviceId: string): Promise<readonly unknown[]> {
  const device = (await readDevices(db)).get(deviceId);
  const entry = (await readEntries(db)).find((one) => one.deviceId === deviceId);
  return [device?.stale, entry?.stale];
}

/** The ids of the remaining devices and entries. */
async function left(): Promise<readonly string[][]> {
  const entries = await readEntries(db);
  return [[...(await readDevices(db)).keys()], entries.map(({ deviceId }) => deviceId).toSorted()];
}

describe("an unseen device", () => {
  it("is stale after 30 days, in its document and in the audience", async () => {
    await seedDevices(services, 2, (index) => ({ seenDaysAgo: index === 0 ? 30 : 29.99 }));
    assert.deepEqual(await sweepDevices(services), { stale: 1, forgotten: 0 });
    assert.deepEqual(await isStale("d-0000"), [true, true]);
    assert.deepEqual(await isStale("d-0001"), [false, undefined]);
  });

  it("is marked once", async () => {
    await seedDevices(services, 1, () => ({ seenDaysAgo: 31 }));
    await sweepDevices(services);
    assert.deepEqual(await sweepDevices(services), { stale: 0, forgotten: 0 });
  });

  it("is no longer stale once its app starts again, even if nothing else has changed", async () => {
    await seedDevices(services, 1, () => ({ seenDaysAgo: 31 }));
    await sweepDevices(services);
    await register(services, "d-0000");
    assert.deepEqual(await isStale("d-0000"), [false, undefined]);
    assert.deepEqual(await sweepDevices(services), { stale: 0, forgotten: 0 });
  });

  it("keeps its registration and what its user has muted", async () => {
    await register(services, "d-0000", { uid: "alice" });
    await muteCampaigns(services, { uid: "alice", campaigns: ["pathDaily"] });
    const later = { ...services, clock: createTestClock(clock.now() + 31 * dayMs) };
    await sweepDevices(later);
    const [{ shard: _shard, id: _id, ...entry } = {}] = await readEntries(db);
    const registration = registrationOf("d-0000");
    const expected = { deviceId: "d-0000", registration, platform: "android", muted: ["pathDaily"], stale: true };
    assert.deepEqual(entry, expected);
  });

  it("stays stale in the audience when its user mutes a campaign", async () => {
    await seedDevices(services, 1, () => ({ seenDaysAgo: 31, uid: "alice" }));
    await sweepDevices(services);
    await muteCampaigns(services, { uid: "alice", campaigns: ["pathDaily"] });
    assert.deepEqual(await isStale("d-0000"), [true, true]);
  });

  it("is forgotten after 270 days, stale or not", async () => {
    await seedDevices(services, 3, (index) => ({ seenDaysAgo: index === 2 ? 269.99 : 270, stale: index > 0 }));
    assert.deepEqual(await sweepDevices(services), { stale: 0, forgotten: 2 });
    assert.deepEqual(await left(), [["d-0002"], ["d-0002"]]);
  });

  it("is forgotten or marked together with any number of others, with one line in the log", async () => {
    await seedDevices(services, 1_040, (index) => ({ seenDaysAgo: index < 520 ? 300 : 40 }));
    const before = functions.logged.length;
    assert.deepEqual(await sweepDevices(services), { stale: 520, forgotten: 520 });
    const [devices, entries] = await left();
    assert.deepEqual([devices?.length, entries?.length], [520, 520]);
    assert.ok((await readEntries(db)).every(({ stale }) => stale));
    const lines = functions.logged.slice(before);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /"stale":520,"forgotten":520.*"message":"devices_swept"/);
  });

  it("gets a complete entry when the audience had lost it", async () => {
    await seedDevices(services, 1, () => ({ seenDaysAgo: 31 }));
    await db.recursiveDelete(db.collection("audience"));
    await sweepDevices(services);
    const [entry] = await readEntries(db);
    assert.deepEqual(entry?.registration, registrationOf("d-0000"));
  });
});

describe("a device that registers during the nightly job", () => {
  for (const [what, seenDaysAgo] of [
    ["forgotten", 300],
    ["marked", 40],
  ] as const) {
    it(`is not ${what} when it registers after it was found`, async () => {
      await seedDevices(services, 20, () => ({ seenDaysAgo }));
      const interrupted = withTransactions(services, {
        before: (index) => (index === 0 ? register(services, "d-0003") : undefined),
      });
      const { stale, forgotten } = await sweepDevices(interrupted);
      assert.equal(stale + forgotten, 19);
      assert.deepEqual(await isStale("d-0003"), [false, undefined]);
    });
  }

  it("stays when it registers while it is being forgotten", async () => {
    await seedDevices(services, 5, () => ({ seenDaysAgo: 300 }));
    const registering = startWithin(services, () => register(services, "d-0003", { generation: 2 }));
    await sweepDevices(registering.services);
    await registering.finish();
    const kept = (await readDevices(db)).get("d-0003");
    assert.deepEqual(kept?.registration, registrationOf("d-0003", 2));
    assert.deepEqual(await isStale("d-0003"), [false, undefined]);
  });

  it("is not stale when it registers while it is being marked", async () => {
    await seedDevices(services, 5, () => ({ seenDaysAgo: 40 }));
    const registering = startWithin(services, () => register(services, "d-0003"));
    await sweepDevices(registering.services);
    await registering.finish();
    assert.deepEqual(await isStale("d-0003"), [false, undefined]);
    assert.deepEqual(await isStale("d-0004"), [true, true]);
  });
});

describe("a sweep that fails in part", () => {
  it("does the rest, reports the failure, and does what is left in the next run", async () => {
    await seedDevices(services, 200, (index) => ({ seenDaysAgo: index < 100 ? 300 : 40 }));
    const interrupted = withTransactions(services, {
      before: (index) => {
        // The first two are of a group that is forgotten and of its audience entries.
        if (index === 2) throw new Error("14 UNAVAILABLE");
      },
    });
    await assert.rejects(sweepDevices(interrupted), { message: /1 groups/, cause: new Error("14 UNAVAILABLE") });
    const [devices] = await left();
    assert.ok(devices!.length > 100 && devices!.length < 200, String(devices?.length));
    const { stale, forgotten } = await sweepDevices(services);
    assert.deepEqual([stale, forgotten], [0, devices!.length - 100]);
  });
});

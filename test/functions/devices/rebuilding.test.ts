import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { checkAudience } from "../../../functions/src/devices/audience/check-audience.ts";
import { forgetDevices } from "../../../functions/src/devices/forget-devices.ts";
import { muteCampaigns } from "../../../functions/src/devices/audience/mute-campaigns.ts";
import { rebuildAudience } from "../../../functions/src/devices/audience/rebuild-audience.ts";
import type { Services } from "../../../functions/src/services.ts";
import { startFunctions } from "../../support/functions.ts";
import { readDevices, readEntries, register, registrationOf, seedDevices } from "./seed-devices.ts";
import { passTime, withTransactions } from "./interleave.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4" });
after(() => functions.close());
beforeEach(() => functions.clearDatabase());

const { services } = functions;
const { db } = services;

function withShards(audienceShards: number): Services {
  return { ...services, config: { ...services.config, audienceShards } };
}

/** Fails unless every device is in exactly one of `shards` documents, the one that it names, with the right entry. */
async function assertPacked(devices: number, shards: number): Promise<void> {
  const entries = await readEntries(db);
  assert.equal(new Set(entries.map(({ deviceId }) => deviceId)).size, devices);
  assert.equal(entries.length, devices);
  for (const { shard } of entries) assert.ok(Number(shard) < shards, shard);
  assert.deepEqual((await checkAudience(withShards(shards))).drift, {});
}

describe("rebuilding the audience", () => {
  for (const shards of [8, 7, 1]) {
    it(`packs all devices into ${shards} documents instead of 4`, async () => {
      await seedDevices(services, 300, (index) => ({ stale: index % 3 === 0 }));
      await muteCampaigns(services, { uid: "owner-of-d-0001", campaigns: ["pathDaily"] });
      const { moved, isComplete, devices, entries } = await rebuildAudience(services, { shards });
      assert.deepEqual([isComplete, devices, entries], [true, 300, 300]);
      assert.ok(moved > 0 && moved < 300, String(moved));
      await assertPacked(300, shards);
      const sizes = Map.groupBy(await readEntries(db), ({ shard }) => shard);
      assert.ok([...sizes.values()].every(({ length }) => length <= Math.ceil(300 / shards)));
      const kept = await readEntries(db);
      assert.deepEqual(kept.find(({ deviceId }) => deviceId === "d-0001")?.muted, ["pathDaily"]);
      assert.equal(kept.filter(({ stale }) => stale).length, 100);
    });
  }

  it("removes unused documents, and the entries left in them", async () => {
    await seedDevices(services, 40);
    const gone = { registration: registrationOf("gone"), platform: "android" };
    await db.doc("audience/3").set({ devices: { gone } }, { merge: true });
    await rebuildAudience(services, { shards: 2 });
    const left = (await db.collection("audience").get()).docs.map(({ id }) => id);
    assert.deepEqual(left, ["0", "1"]);
    await assertPacked(40, 2);
  });

  it("moves nothing the second time", async () => {
    await seedDevices(services, 40);
    await rebuildAudience(services, { shards: 8 });
    const { moved, drift } = await rebuildAudience(services, { shards: 8 });
    assert.deepEqual([moved, drift], [0, {}]);
  });

  it("continues where it was stopped", async () => {
    await seedDevices(services, 300);
    const dying = withTransactions(services, {
      before: (index) => {
        if (index >= 3) throw new Error("the process is gone");
      },
    });
    await assert.rejects(rebuildAudience(dying, { shards: 8 }), { message: /^the process is gone|^\d+ parts/ });
    assert.equal((await readEntries(db)).length, 300);
    const { isComplete, moved } = await rebuildAudience(services, { shards: 8 });
    assert.ok(isComplete && moved > 0 && moved < 300);
    await assertPacked(300, 8);
  });

  it("neither loses nor doubles devices while phones register, mute, unregister and are forgotten", async () => {
    const deviceIds = await seedDevices(services, 200);
    const deployed = withShards(8);
    const traffic: Promise<unknown>[] = [];
    let newcomers = 0;
    const send = async (index: number) => {
      const some = deviceIds.filter((_, position) => position % 4 === index % 4);
      const dead = some.slice(24, 30).map((deviceId) => ({ registration: registrationOf(deviceId) }));
      traffic.push(
        ...some.slice(0, 12).map((deviceId) => register(deployed, deviceId, { generation: 2 })),
        ...some.slice(12, 18).map((deviceId) => register(deployed, deviceId)),
        ...some.slice(18, 24).map((deviceId) => {
          return muteCampaigns(deployed, { uid: `owner-of-${deviceId}`, campaigns: ["pathDaily"] });
        }),
        forgetDevices(deployed, { sent: 1_000, dead }),
        register(deployed, `new-${(newcomers += 1)}`),
      );
      await passTime(services);
    };
    const interrupted = withTransactions(services, {
      beforeAudience: (index) => (index % 2 === 0 ? send(index) : undefined),
      within: (index) => (index % 2 === 1 ? send(index) : undefined),
    });
    await rebuildAudience(interrupted, { shards: 8 });
    await Promise.all(traffic);
    const left = (await readDevices(db)).size;
    assert.ok(newcomers >= 4 && left > newcomers, `${newcomers} of ${left}`);
    await assertPacked(left, 8);
  });

  it("leaves a phone where it registers while the old number of documents is still deployed, and reports it", async () => {
    await seedDevices(services, 100);
    const traffic: Promise<void>[] = [];
    const interrupted = withTransactions(services, {
      within: (index) => {
        if (index === 0)
          traffic.push(...["d-0001", "d-0002", "d-0003"].map((deviceId) => register(services, deviceId)));
      },
    });
    const first = await rebuildAudience(interrupted, { shards: 1 });
    await Promise.all(traffic);
    const devices = await readDevices(db);
    assert.equal((await readEntries(db)).length, 100);
    for (const { deviceId, shard } of await readEntries(db)) assert.equal(devices.get(deviceId)?.audienceShard, shard);
    const second = await rebuildAudience(services, { shards: 1 });
    assert.ok(second.isComplete, String(first.outside));
    await assertPacked(100, 1);
  });

  it("counts the devices in documents that no campaign reads", async () => {
    await seedDevices(services, 100);
    // Each gets one of four documents at random: it is all but certain that one is not the first.
    const newcomers = Array.from({ length: 32 }, (_, index) => `new-${index}`);
    const interrupted = withTransactions(services, {
      // The last transaction before the count has moved every device: now some are new.
      before: async () => {
        const devices = await readDevices(db);
        const everybodyMoved = [...devices.values()].every(({ audienceShard }) => audienceShard === "0");
        if (!everybodyMoved) return;
        for (const deviceId of newcomers) await register(services, deviceId);
      },
    });
    const { isComplete, outside, entries } = await rebuildAudience(interrupted, { shards: 1 });
    const left = [...(await readDevices(db)).values()].filter(({ audienceShard }) => audienceShard !== "0").length;
    assert.deepEqual([isComplete, outside > 0, outside, entries], [false, true, left, 100 + newcomers.length]);
  });
});

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { FieldPath, FieldValue } from "../../support/functions-admin-sdk.ts";
import type { Drift } from "../../../functions/src/devices/audience/audience-drift.ts";
import { checkAudience } from "../../../functions/src/devices/audience/check-audience.ts";
import { startFunctions } from "../../support/functions.ts";
import { docIdOf, readDevices, readEntries, register, registrationOf, seedDevices } from "./seed-devices.ts";
import { withTransactions } from "./interleave.ts";

const shards = 4;
const functions = await startFunctions({ AUDIENCE_SHARDS: String(shards) });
after(() => functions.close());

const { services } = functions;
const { db } = services;
const victim = "d-0007";
const shard = "3";
const victimId = docIdOf(victim, "user-7");
const otherShard = String((Number(shard) + 1) % shards);

beforeEach(async () => {
  await functions.clearDatabase();
  await seedDevices(services, 40, (index) => ({ stale: index === 3, uid: `user-${index % 10}` }));
});

async function check(mend = false): Promise<[found: string[], report: Awaited<ReturnType<typeof checkAudience>>]> {
  const found: Drift[] = [];
  const report = await checkAudience(services, { mend, onDrift: (drift) => found.push(drift) });
  return [
    found.map(({ kind, id, deviceId = id, shard: where }) => `${kind} ${deviceId} in ${where}`).toSorted(),
    report,
  ];
}

/** Sets fields in the entry of a device, or removes them with a deletion. */
async function spoilEntry(value: unknown, ...path: string[]): Promise<void> {
  await db.doc(`audience/${shard}`).update(new FieldPath("devices", victimId, ...path), value);
}

async function copyEntry(to: string): Promise<void> {
  const entry = (await readEntries(db)).find(({ deviceId }) => deviceId === victim)!;
  const { deviceId: _deviceId, id: _id, shard: _shard, ...copied } = entry;
  await db.doc(`audience/${to}`).set({ devices: { [victimId]: copied } }, { merge: true });
}

describe("checking the audience", () => {
  it("finds nothing when nothing is wrong", async () => {
    assert.deepEqual(await check(), [[], { devices: 40, entries: 40, documents: 4, outside: 0, drift: {} }]);
  });

  const faults: Record<string, { spoil: () => Promise<unknown>; found: string[] }> = {
    "an entry whose device is gone": {
      spoil: () => db.doc(`devices/${victimId}`).delete(),
      found: [`entry_without_device ${victimId} in ${shard}`],
    },
    "a device that no campaign reaches": {
      spoil: () => spoilEntry(FieldValue.delete()),
      found: [`device_without_entry ${victim} in ${shard}`],
    },
    "an old registration": {
      spoil: () => spoilEntry(registrationOf(victim, 0), "registration"),
      found: [`wrong_registration ${victim} in ${shard}`],
    },
    "another platform": {
      spoil: () => spoilEntry("ios", "platform"),
      found: [`wrong_platform ${victim} in ${shard}`],
    },
    "a campaign that is not muted": {
      spoil: () => spoilEntry(["pathDaily"], "muted"),
      found: [`wrong_muted ${victim} in ${shard}`],
    },
    "a campaign that is muted": {
      spoil: () => db.doc("users/user-9").set({ mutedCampaigns: ["pathDaily"] }),
      found: [9, 19, 29, 39].map((n) => `wrong_muted d-${String(n).padStart(4, "0")} in ${n % shards}`),
    },
    "an entry that is stale while its device is not": {
      spoil: () => spoilEntry(true, "stale"),
      found: [`wrong_stale ${victim} in ${shard}`],
    },
    "a device that is stale while its entry is not": {
      spoil: () => db.doc(`devices/${victimId}`).update({ stale: true }),
      found: [`wrong_stale ${victim} in ${shard}`],
    },
    "a second entry": {
      spoil: () => copyEntry(otherShard),
      found: [`duplicate ${victim} in ${otherShard}`],
    },
    "an entry in a document that no campaign reads": {
      spoil: () => copyEntry("77"),
      found: [`duplicate ${victim} in 77`],
    },
    "a device in the document of another number of shards": {
      spoil: async () => {
        await copyEntry("77");
        await spoilEntry(FieldValue.delete());
        await db.doc(`devices/${victimId}`).update({ audienceShard: "77" });
      },
      found: [`wrong_shard ${victim} in 77`],
    },
    "a device that names a missing document": {
      spoil: async () => {
        await spoilEntry(FieldValue.delete());
        await db.doc(`devices/${victimId}`).update({ audienceShard: "nowhere" });
      },
      found: [`device_without_entry ${victim} in nowhere`, `wrong_shard ${victim} in nowhere`],
    },
    "an unreadable entry": {
      spoil: () => spoilEntry({ muted: "all" }),
      found: ["wrong_muted", "wrong_platform", "wrong_registration"].map((kind) => `${kind} ${victim} in ${shard}`),
    },
    "an entry of the wrong type": {
      spoil: () => spoilEntry("gone"),
      found: ["wrong_platform", "wrong_registration"].map((kind) => `${kind} ${victim} in ${shard}`),
    },
  };
  for (const [what, { spoil, found }] of Object.entries(faults)) {
    it(`finds ${what}, and repairs it on request`, async () => {
      await spoil();
      assert.deepEqual((await check())[0], found.toSorted());
      const [mended, report] = await check(true);
      assert.deepEqual(mended, found.toSorted());
      assert.deepEqual((await check())[0], []);
      assert.deepEqual([report.devices, report.entries, report.outside], [report.devices, report.devices, 0]);
      const entry = (await readEntries(db)).find(({ deviceId }) => deviceId === victim);
      const device = (await readDevices(db)).get(victim);
      assert.deepEqual(entry?.registration, device?.registration);
      assert.equal(entry?.shard, device?.audienceShard);
      const isMoved = found.some((one) => /^(?:wrong_shard|device_without_entry)/.test(one));
      if (device !== undefined) assert.equal(isMoved || entry?.shard === shard, true, entry?.shard);
    });
  }

  it("searches every document that a device names, at any position among the others", async () => {
    const names = ["!", "1x", "1y", "10", "nowhere"];
    for (const [index, name] of names.entries()) {
      await db.doc(`devices/${docIdOf(`d-000${index}`, `user-${index}`)}`).update({ audienceShard: name });
    }
    const [found] = await check();
    for (const [index, name] of names.entries())
      assert.ok(found.includes(`wrong_shard d-000${index} in ${name}`), name);
    await check(true);
    assert.deepEqual((await check())[0], []);
  });

  it("changes nothing unless asked to", async () => {
    await spoilEntry(FieldValue.delete());
    const before = await readEntries(db);
    await check();
    assert.deepEqual(await readEntries(db), before);
  });

  it("supports device ids that are awkward as field names", async () => {
    const awkward = ["a.b", "a:b", "1", "`", "__proto", "constructor"];
    for (const deviceId of awkward) await register(services, deviceId);
    assert.deepEqual((await check())[0], []);
    for (const document of (await db.collection("audience").get()).docs) await document.ref.delete();
    const [mended] = await check(true);
    assert.equal(mended.length, 40 + awkward.length);
    assert.deepEqual((await check())[0], []);
  });

  it("does not report a phone that registers meanwhile as drift", async () => {
    await spoilEntry(registrationOf(victim, 0), "registration");
    const found: Drift[] = [];
    const interrupted = withTransactions(services, {
      before: (index) => (index === 0 ? register(services, victim, { generation: 2, uid: "user-7" }) : undefined),
    });
    await checkAudience(interrupted, { mend: true, onDrift: (drift) => found.push(drift) });
    assert.deepEqual(found, []);
    assert.deepEqual((await readDevices(db)).get(victim)?.registration, registrationOf(victim, 2));
    assert.deepEqual((await check())[0], []);
  });

  it("reports its progress", async () => {
    const progress: string[] = [];
    await checkAudience(services, { onProgress: ({ done, total }) => progress.push(`${done}/${total}`) });
    assert.deepEqual(progress, ["1/4", "2/4", "3/4", "4/4"]);
  });
});

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { campaigns } from "../../../functions/src/campaigns/campaign.ts";
import { checkAudience, countDrift } from "../../../functions/src/devices/audience/check-audience.ts";
import { mendAudience } from "../../../functions/src/devices/audience/mend-audience.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { addPhone, devicePath, pushesTo, resetState } from "../../support/line.ts";
import { dayMs, readDevices, readEntries, registrationOf, seedDevices } from "./seed-devices.ts";

const shards = 4;
const functions = await startFunctions({ AUDIENCE_SHARDS: String(shards) });
after(() => functions.close());
beforeEach(() => resetState(functions));

const { services } = functions;
const { db } = services;

/** Fills audience documents up to Firestore's limit of 1 MiB. */
async function fill(...ids: readonly number[]): Promise<void> {
  const filler = { padding: "x".repeat(1_048_400) };
  for (const id of ids) await db.doc(`audience/${id}`).set(filler);
}

function logged(event: string, since: number): any[] {
  const lines = functions.logged.slice(since).map((line) => JSON.parse(line));
  return lines.filter(({ message }) => message === event);
}

async function registerSome(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const input = { deviceId: `d-${index}`, platform: "android", registration: registrationOf(`d-${index}`) };
    const { status, text } = await functions.call("registerDevice", alice, input);
    assert.equal(status, 200, text);
  }
}

describe("full audience documents", () => {
  it("keep no phone from registering, ringing, muting and logging out; the log says that campaigns miss it", async () => {
    await fill(0, 1, 2, 3);
    await functions.pbx("PUT", "/lines/101", { uid: "alice" });
    const since = functions.logged.length;
    const token = await addPhone(functions, "phone-1");
    await functions.pbx("POST", "/calls", { call_id: "1.1", exten: "101" });
    assert.equal(pushesTo(functions, token).length, 1);
    const [line, ...more] = logged("audience_behind", since);
    const device = (await readDevices(db)).get("phone-1");
    assert.deepEqual([line.severity, line.devices, line.shards, more], ["WARNING", 1, [device?.audienceShard], []]);
    assert.match(line.error.message, /1048576/);
    assert.equal((await functions.call("muteCampaigns", alice, { campaigns: ["pathDaily"] })).status, 200);
    assert.deepEqual((await functions.call("unregisterDevice", alice, { deviceId: "phone-1" })).body.result, {
      removed: true,
    });
  });

  it("keep no phone from registering while other requests lock them", async () => {
    const { promise: locked, resolve: lock } = Promise.withResolvers<void>();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const holding = db.runTransaction(async (transaction) => {
      await transaction.getAll(...Array.from({ length: shards }, (_, id) => db.doc(`audience/${id}`)));
      lock();
      await held;
    });
    await locked;
    const since = functions.logged.length;
    await addPhone(functions, "phone-1");
    assert.equal(logged("audience_behind", since).length, 1);
    letGo();
    await holding;
    await mendAudience(services);
    assert.equal((await readEntries(db)).length, 1);
  });

  it("are avoided by the nightly job, which puts the phones into others and says so", async () => {
    await fill(0, 1, 2);
    await registerSome(12);
    await fill(0, 1);
    const since = functions.logged.length;
    for (let night = 0; (await readEntries(db)).length < 12; night += 1) {
      assert.ok(night < 20, "not repaired after twenty nights");
      await mendAudience(services).catch(() => undefined);
    }
    const repaired = logged("audience_repaired", since);
    assert.ok(repaired.length > 0 && repaired.every(({ severity }) => severity === "WARNING"));
    assert.ok(repaired[0].drift.device_without_entry > 0);
    assert.ok((await readEntries(db)).every(({ shard }) => shard === "2" || shard === "3"));
    assert.deepEqual((await checkAudience(services)).drift, {});
  });
});

describe("the document of a device", () => {
  it("cannot be chosen: the same id registers in any of them", async () => {
    const chosen = new Set<string>();
    for (let time = 0; time < 40; time += 1) {
      await addPhone(functions, "phone-1");
      chosen.add((await db.doc(devicePath("phone-1")).get()).get("audienceShard"));
      await functions.call("unregisterDevice", alice, { deviceId: "phone-1" });
    }
    // That one of four is never chosen has a probability of 4 × 0.75⁴⁰: one in 25,000.
    assert.ok(chosen.size >= shards - 1, [...chosen].join());
  });

  it("stays when the device registers again", async () => {
    await addPhone(functions, "phone-1");
    const before = (await db.doc(devicePath("phone-1")).get()).get("audienceShard");
    for (let time = 0; time < 5; time += 1) await addPhone(functions, "phone-1");
    assert.equal((await db.doc(devicePath("phone-1")).get()).get("audienceShard"), before);
  });

  it("gets no name that is no campaign, whatever the user's document has", async () => {
    const mutedCampaigns = [...Array.from({ length: 49 }, (_, index) => `invented${index}`), "pathDaily"];
    await db.doc("users/alice").set({ mutedCampaigns });
    await addPhone(functions, "phone-1");
    assert.deepEqual((await readEntries(db))[0]?.muted, ["pathDaily"]);
  });
});

describe("the entry of a device", () => {
  it("has 1,200 bytes at most", async () => {
    const registration = { kind: "token", value: "t".repeat(1024) };
    const longest = { deviceId: "phone-1", platform: "android", registration };
    assert.equal((await functions.call("registerDevice", alice, longest)).status, 200);
    const { status } = await functions.call("muteCampaigns", alice, { campaigns: campaigns.map(({ id }) => id) });
    assert.equal(status, 200);
    await db.doc(devicePath("phone-1")).update({ lastSeenAt: Timestamp.fromMillis(Date.now() - 60 * dayMs) });
    assert.equal((await functions.runSchedule("nightly")).status, 200);
    const [document] = (await db.collection("audience").get()).docs;
    const entries = JSON.stringify(document?.get("devices"));
    assert.match(entries, /"muted":.*"stale":true|"stale":true.*"muted":/);
    // As JSON it is a little longer than as Firestore counts it.
    assert.ok(entries.length <= 1200, `${entries.length} bytes`);
  });
});

describe("the nightly repair", () => {
  it("compares all devices each night if they are few", async () => {
    await seedDevices(services, 40);
    await db.recursiveDelete(db.collection("audience"));
    const since = functions.logged.length;
    assert.equal((await functions.runSchedule("nightly")).status, 200);
    assert.equal((await readEntries(db)).length, 40);
    assert.deepEqual(logged("audience_repaired", since)[0].drift, { device_without_entry: 40 });
    const [{ part, parts }] = logged("audience_checked", since);
    assert.deepEqual([part, parts], [1, 1]);
  });

  it("compares a part of the documents when they are many, another one each night", async () => {
    await seedDevices(services, 40);
    await db.recursiveDelete(db.collection("audience"));
    for (const index of [0, 1]) {
      const { drift } = await countDrift(services, { mend: true, part: { index, of: 2 } });
      assert.ok((drift.device_without_entry ?? 0) >= 20, JSON.stringify(drift));
    }
    assert.deepEqual((await checkAudience(services)).drift, {});
  });

  it("says nothing of a repair when there was none", async () => {
    await seedDevices(services, 40);
    const since = functions.logged.length;
    assert.deepEqual(await mendAudience(services), {});
    assert.deepEqual(logged("audience_repaired", since), []);
  });
});

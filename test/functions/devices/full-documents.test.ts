import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { campaigns } from "../../../functions/src/campaigns/campaign.ts";
import { readAudience } from "../../../functions/src/devices/audience/audience.ts";
import { checkAudience, countDrift } from "../../../functions/src/devices/audience/check-audience.ts";
import { mendAudience } from "../../../functions/src/devices/audience/mend-audience.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { FieldValue, Timestamp } from "../../support/functions-admin-sdk.ts";
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

/** Fills the rest of an audience document up to the last byte, or to `room` bytes. */
async function fillUp(id: number, room = 0): Promise<void> {
  const ref = db.doc(`audience/${id}`);
  let [fits, exceeds] = [1_000_000, 1_048_576];
  while (exceeds - fits > 1) {
    const size = Math.floor((fits + exceeds) / 2);
    const isWritten = await ref.set({ padding: "x".repeat(size) }, { merge: true }).then(
      () => true,
      () => false,
    );
    if (isWritten) fits = size;
    else exceeds = size;
  }
  await ref.set({ padding: "x".repeat(fits - room) }, { merge: true });
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

  for (const growth of ["mute", "renew"]) {
    it(`give up a device whose entry must grow: the same night finds the document with room (${growth})`, async () => {
      const name = { deviceId: "d-0", platform: "android" };
      await functions.call("registerDevice", alice, {
        ...name,
        registration: { kind: "token", value: "t".repeat(20) },
      });
      const own = Number((await readDevices(db)).get("d-0")!.audienceShard);
      const [one, other, withRoom] = [1, 2, 3].map((step) => (own + step) % shards);
      await fillUp(own);
      await fill(one!, other!);
      if (growth === "mute") await functions.call("muteCampaigns", alice, { campaigns: ["pathDaily", "saveLocation"] });
      else await functions.call("registerDevice", alice, { ...name, registration: registrationOf("d-0") });
      assert.equal(Object.keys((await checkAudience(services)).drift).length, 1);
      await mendAudience(services);
      assert.deepEqual((await checkAudience(services)).drift, {});
      assert.deepEqual(
        (await readEntries(db)).map(({ shard }) => shard),
        [String(withRoom)],
      );
    });
  }

  it("do not keep the others of a group from being repaired, where no document has room for all of them", async () => {
    const deviceIds = await seedDevices(services, 40, () => ({}), 1);
    const devices = await readDevices(db);
    const missing = Object.fromEntries(
      deviceIds.slice(0, 30).map((deviceId) => [`devices.${devices.get(deviceId)!.id}`, FieldValue.delete()]),
    );
    await db.doc("audience/0").update(missing);
    const changed = devices.get("d-0039")!;
    await db.doc(`devices/${changed.id}`).update({ platform: "ios" });
    // Room for fifteen entries in one document, for twenty in another.
    await fillUp(0);
    await fillUp(1, 15 * 300);
    await fill(2);
    await fillUp(3, 20 * 300);
    await mendAudience(services);
    assert.deepEqual((await checkAudience(services)).drift, {});
    assert.equal((await readEntries(db)).length, 40);
  });

  it("all without room: the night reports it and repairs what needs none", async () => {
    await seedDevices(services, 8, () => ({}), 1);
    const devices = await readDevices(db);
    await db.doc("users/owner-of-d-0003").set({ mutedCampaigns: ["pathDaily"] });
    await db.doc(`devices/${devices.get("d-0005")!.id}`).update({ platform: "ios" });
    await fillUp(0);
    await fill(1, 2, 3);
    await assert.rejects(mendAudience(services), /could not be compared/);
    assert.deepEqual((await checkAudience(services)).drift, { wrong_muted: 1 });
  });

  it("are avoided by the nightly job, which puts the phones into others and says so", async () => {
    await fill(0, 1, 2);
    await registerSome(12);
    await fill(0, 1);
    const since = functions.logged.length;
    await mendAudience(services);
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

describe("an entry that was edited by hand", () => {
  for (const edit of [null, 7, "x", [], {}, { registration: null }, { registration: "x", muted: null }]) {
    it(`is repaired or removed, and no campaign stops at it: ${JSON.stringify(edit)}`, async () => {
      const deviceIds = await seedDevices(services, 3, () => ({}), 1);
      const { id } = (await readDevices(db)).get(deviceIds[1]!)!;
      await db.doc("audience/0").update({ [`devices.${id}`]: edit, "devices.nobody": edit });
      const audience = await readAudience(services, "0");
      assert.deepEqual([audience.size, audience.has(id), audience.has("nobody")], [2, false, false]);
      await mendAudience(services);
      assert.deepEqual((await checkAudience(services)).drift, {});
      assert.equal((await readEntries(db)).length, 3);
    });
  }
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

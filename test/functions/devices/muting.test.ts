import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { muteCampaigns } from "../../../functions/src/devices/audience/mute-campaigns.ts";
import { alice, startFunctions, type Person } from "../../support/functions.ts";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { readEntries, register } from "./seed-devices.ts";
import { startWithin } from "./interleave.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});
beforeEach(() => firestore.clearDocuments());

const { services } = functions;
const { db } = services;

async function mute(person: Person | undefined, campaigns: unknown) {
  return functions.call("muteCampaigns", person, { campaigns });
}

/** The muted campaigns in the audience, by device. */
async function muted(): Promise<Record<string, readonly string[] | undefined>> {
  return Object.fromEntries((await readEntries(db)).map((entry) => [entry.deviceId, entry.muted]));
}

async function readUser(uid: string) {
  return (await db.doc(`users/${uid}`).get()).data();
}

describe("muteCampaigns", () => {
  it("keeps campaigns from all phones of the user, and from no other's", async () => {
    for (const deviceId of ["phone-1", "phone-2"]) await register(services, deviceId, { uid: "alice" });
    await register(services, "phone-3", { uid: "bob" });
    const answer = await mute(alice, ["saveLocation", "pathDaily"]);
    assert.deepEqual(answer.body, { result: { mutedCampaigns: ["saveLocation", "pathDaily"] } });
    assert.deepEqual((await readUser("alice"))?.["mutedCampaigns"], ["saveLocation", "pathDaily"]);
    assert.deepEqual(await muted(), {
      "phone-1": ["saveLocation", "pathDaily"],
      "phone-2": ["saveLocation", "pathDaily"],
      "phone-3": undefined,
    });
  });

  it("unmutes campaigns that are no longer named, and all with an empty list", async () => {
    await register(services, "phone-1", { uid: "alice" });
    await mute(alice, ["saveLocation", "pathDaily"]);
    await mute(alice, ["pathDaily"]);
    assert.deepEqual(await muted(), { "phone-1": ["pathDaily"] });
    const answer = await mute(alice, []);
    assert.deepEqual(answer.body, { result: { mutedCampaigns: [] } });
    assert.deepEqual([await muted(), (await readUser("alice"))?.["mutedCampaigns"]], [{ "phone-1": undefined }, []]);
  });

  it("changes nothing else of the user", async () => {
    await db.doc("users/alice").set({ serverAddress: "pbx.example.com", extens: ["0701"] });
    await mute(alice, ["pathDaily"]);
    assert.deepEqual(await readUser("alice"), {
      serverAddress: "pbx.example.com",
      extens: ["0701"],
      mutedCampaigns: ["pathDaily"],
    });
  });

  it("applies to phones that are registered later", async () => {
    await mute(alice, ["pathDaily"]);
    await register(services, "phone-1", { uid: "alice" });
    assert.deepEqual(await muted(), { "phone-1": ["pathDaily"] });
  });

  it("writes nothing when nothing changes", async () => {
    await register(services, "phone-1", { uid: "alice" });
    await mute(alice, ["pathDaily"]);
    firestore.clearCounts();
    await mute(alice, ["pathDaily"]);
    assert.deepEqual([firestore.billed["users"]?.writes, firestore.billed["audience"]], [0, undefined]);
  });

  it("applies to a phone that registers while its user mutes a campaign", async () => {
    const registering = startWithin(services, () => register(services, "phone-1", { uid: "alice" }));
    await muteCampaigns(registering.services, { uid: "alice", campaigns: ["pathDaily"] });
    await registering.finish();
    assert.deepEqual(await muted(), { "phone-1": ["pathDaily"] });
  });

  it("applies to a phone that is registering when its user mutes a campaign", async () => {
    const muting = startWithin(services, () => muteCampaigns(services, { uid: "alice", campaigns: ["pathDaily"] }));
    await register(muting.services, "phone-1", { uid: "alice" });
    await muting.finish();
    assert.deepEqual(await muted(), { "phone-1": ["pathDaily"] });
  });

  const refused: Record<string, unknown> = {
    "a number": [1],
    "an unknown campaign": ["pathDaily", "pathdaily"],
    "an inherited name": ["constructor"],
    "an empty id": [""],
    "the same campaign twice": ["pathDaily", "pathDaily"],
    "no list": undefined,
  };
  for (const [what, campaigns] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const answer = await mute(alice, campaigns);
      assert.deepEqual([answer.status, answer.body.error.status], [400, "INVALID_ARGUMENT"]);
      assert.equal(await readUser("alice"), undefined);
    });
  }

  it("names the campaigns that exist when it refuses one", async () => {
    const { error } = (await mute(alice, ["weekly"])).body;
    assert.equal(error.message, "campaigns.0 must be one of saveLocation, pathDaily");
  });

  it("refuses a phone without a login", async () => {
    assert.equal((await mute(undefined, [])).body.error.status, "UNAUTHENTICATED");
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { askAs, refusalOf } from "../../support/console.ts";
import { alice, bob, mallory, olga, startFunctions } from "../../support/functions.ts";
import { addPhone, call, devicePath, exten } from "../../support/line.ts";

const functions = await startFunctions({}, [alice, bob, mallory, olga]);
after(() => functions.close());
const ask = askAs(functions);
const { db } = functions.services;
let token = "";

before(async () => {
  await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  token = await addPhone(functions, "phone-1");
  await addPhone(functions, "phone-2", bob);
  const facts = { os: "Android", osVersion: "14", model: "Pixel 8", notifications: false, batteryRestricted: true };
  const registration = { kind: "token", value: token };
  await functions.call("registerDevice", alice, { deviceId: "phone-1", platform: "android", registration, facts });
});

describe("phones", () => {
  it("are listed with what may keep them silent, without their registrations", async () => {
    const { rows } = await ask("devices");
    const codes = Object.fromEntries(rows.map((row) => [row.deviceId, row.concerns.map(({ code }) => code)]));
    assert.deepEqual(codes, { "phone-1": ["notifications_off", "battery_restricted"], "phone-2": ["no_exten"] });
    const [one] = (await ask("devices", { exten })).rows;
    assert.deepEqual([one?.uid, one?.email, one?.extens], ["alice", alice.email, [exten]]);
    assert.match(one?.model ?? "", /^Pixel 8, Android 14/);
    assert.ok(one?.concerns.every(({ says }) => says.ko !== "" && says.en !== ""));
    assert.doesNotMatch(JSON.stringify(rows), new RegExp(token.slice(-20)));
  });

  it("are found by user, and by being stale", async () => {
    const found = async (filter: object) => (await ask("devices", filter)).rows.map(({ deviceId }) => deviceId);
    assert.deepEqual(await found({ user: bob.email }), ["phone-2"]);
    assert.deepEqual(await found({ user: "bob", exten }), []);
    assert.deepEqual(await found({ stale: true }), []);
    await db.doc(devicePath("phone-2", bob)).update({ stale: true });
    assert.deepEqual(await found({ stale: true }), ["phone-2"]);
    assert.deepEqual(await found({ stale: true, user: "alice" }), []);
  });

  it("are shown one by one, with their facts and last rings", async () => {
    await functions.pbx("POST", "/calls", call);
    const shown = await ask("device", { uid: "alice", deviceId: "phone-1" });
    assert.equal(shown.facts["model"], "Pixel 8");
    assert.deepEqual(
      shown.rings.map(({ linkedId }) => linkedId),
      [call.call_id],
    );
    assert.doesNotMatch(JSON.stringify(shown), new RegExp(token.slice(-20)));
    assert.equal((await refusalOf(functions, { do: "device", uid: "bob", deviceId: "phone-1" })).status, 404);
  });

  it("are forgotten on record; an id that no phone has is not recorded", async () => {
    assert.deepEqual(await ask("forgetDevice", { uid: "bob", deviceId: "phone-2" }), { isForgotten: true });
    const [change] = (await ask("audit")).rows;
    assert.deepEqual([change?.what, change?.subject], ["devices forget", { deviceId: "phone-2", user: "bob" }]);
    assert.equal((await refusalOf(functions, { do: "forgetDevice", uid: "bob", deviceId: token })).status, 404);
    assert.doesNotMatch(JSON.stringify((await ask("audit")).rows), new RegExp(token));
  });
});

describe("lines", () => {
  it("are assigned and taken back on record, and listed by their beginning and by user", async () => {
    const assigned = await ask("assignLine", { exten: "102", user: bob.email });
    assert.deepEqual(assigned, { exten: "102", uid: "bob", email: bob.email, isKnown: true });
    assert.equal((await ask("assignLine", { exten: "102", user: "alice" })).formerUid, "bob");
    await db.doc("lines/103").set({ uid: "gone" });
    const extens = async (filter: object) => (await ask("lines", filter)).rows.map((line) => line.exten);
    assert.deepEqual(await extens({}), [exten, "102", "103"].toSorted());
    assert.deepEqual(await extens({ exten: "10" }), ["102", "103"]);
    assert.deepEqual(await extens({ user: "alice" }), [exten, "102"].toSorted());
    assert.deepEqual(await extens({ user: "alice", exten: "10" }), ["102"]);
    assert.equal((await ask("lines", { exten: "103" })).rows[0]?.isKnown, false);
    assert.deepEqual(await ask("unassignLine", { exten: "102" }), { exten: "102", uid: "alice" });
    const changes = (await ask("audit", { limit: 3 })).rows.map(({ what, outcome }) => [what, outcome]);
    assert.deepEqual(changes, [
      ["lines unassign", "done"],
      ["lines assign", "done"],
      ["lines assign", "done"],
    ]);
  });

  it("come in pages", async () => {
    const { rows, next } = await ask("lines", { limit: 1 });
    const rest = await ask("lines", { cursor: next });
    assert.deepEqual([rows.length, rest.rows.length, rest.next], [1, 1, undefined]);
  });

  it("go to a user that exists, by a verified email only", async () => {
    const assign = async (user: string) => refusalOf(functions, { do: "assignLine", exten: "104", user });
    assert.equal((await assign("nobody@example.com")).code, "NOT_FOUND");
    const unverified = await assign(mallory.email);
    assert.deepEqual([unverified.status, unverified.code], [400, "FAILED_PRECONDITION"]);
    const none = await refusalOf(functions, { do: "unassignLine", exten: "104" });
    assert.deepEqual([none.status, none.message], [404, "104 is not assigned"]);
    const [failed] = (await ask("audit")).rows;
    assert.deepEqual([failed?.what, failed?.outcome], ["lines unassign", "failed"]);
  });
});

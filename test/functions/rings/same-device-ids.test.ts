import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, startFunctions, type Person } from "../../support/functions.ts";
import { addPhone, devicePath, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());

const call_id = "1763712000.17";
const { db } = functions.services;

let token: string;
beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
  token = await addPhone(functions, "phone-1");
});

async function announce(): Promise<string> {
  const { body } = await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1", caller_name: "Kim" });
  assert.equal(body.accepted, 1, JSON.stringify(body));
  return pushesTo(functions, token).at(-1).data.callId;
}

async function end() {
  return functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r1", reason: "cancelled" });
}

async function report(person: Person, callId: string, event: string) {
  const { body } = await functions.call("reportCall", person, { callId, deviceId: "phone-1", event });
  return body.error?.status ?? body.result.status;
}

async function move(person: Person, deviceId = "phone-1"): Promise<void> {
  const registration = { kind: "token", value: token };
  const { status } = await functions.call("registerDevice", person, { deviceId, platform: "android", registration });
  assert.equal(status, 200);
}

/** Makes a device one of the first edition, whose document has its deviceId as its id. */
async function makeOld(): Promise<void> {
  const { deviceId, ...device } = (await db.doc(devicePath("phone-1")).get()).data() ?? {};
  await db.doc(devicePath("phone-1")).delete();
  await db.doc(`devices/${deviceId}`).set(device);
  const { registration, platform, audienceShard } = device;
  await db.doc(`audience/${audienceShard}`).set({ devices: { [deviceId]: { registration, platform } } });
}

function pushes(of = token) {
  return pushesTo(functions, of).map(({ data: { type, reason } }) => [type, reason]);
}

describe("a colleague who registers the same device id", () => {
  it("takes nothing: the phone rings, reports and stops", async () => {
    const other = await addPhone(functions, "phone-1", bob);
    const callId = await announce();
    assert.equal(await report(bob, callId, "declined"), "PERMISSION_DENIED");
    assert.equal(await report(alice, callId, "ready"), "ready");
    assert.equal((await end()).body.notified, 1);
    assert.deepEqual(
      [pushes(), pushes(other)],
      [
        [
          ["incoming_call", undefined],
          ["call_ended", "cancelled"],
        ],
        [],
      ],
    );
  });

  it("takes nothing while the phone rings either", async () => {
    const callId = await announce();
    assert.equal(await report(bob, callId, "ready"), "PERMISSION_DENIED");
    const other = await addPhone(functions, "phone-1", bob);
    assert.equal(await report(bob, callId, "answered"), "PERMISSION_DENIED");
    assert.equal(await report(alice, callId, "ready"), "ready");
    await end();
    assert.deepEqual([pushes().length, pushes(other)], [2, []]);
  });

  it("may unregister it, and the phone rings on", async () => {
    await addPhone(functions, "phone-1", bob);
    await functions.call("unregisterDevice", bob, { deviceId: "phone-1" });
    assert.deepEqual((await functions.call("unregisterDevice", bob, { deviceId: "phone-1" })).body, {
      result: { removed: false },
    });
    await announce();
  });
});

describe("a phone that another user logs in to while it rings", () => {
  for (const deviceId of ["phone-1", "phone-2"]) {
    it(`can neither report nor learn of the call; it stops (as ${deviceId})`, async () => {
      const callId = await announce();
      await move(bob, deviceId);
      assert.equal(await report(alice, callId, "ready"), "PERMISSION_DENIED");
      assert.equal(await report(bob, callId, "ready"), "PERMISSION_DENIED");
      assert.equal((await end()).body.notified, 1);
      assert.deepEqual(pushesTo(functions, token).at(-1).data, { type: "call_ended", callId });
    });
  }
});

describe("a device of the first edition", () => {
  beforeEach(() => makeOld());

  it("rings, reports and stops", async () => {
    const callId = await announce();
    assert.equal(await report(bob, callId, "ready"), "PERMISSION_DENIED");
    assert.equal(await report(alice, callId, "ready"), "ready");
    assert.equal((await end()).body.notified, 1);
  });

  it("becomes one of this edition when it registers, even while it rings", async () => {
    const callId = await announce();
    await move(alice);
    assert.equal((await db.doc("devices/phone-1").get()).exists, false);
    assert.equal((await db.doc(devicePath("phone-1")).get()).exists, true);
    assert.equal(await report(alice, callId, "ready"), "ready");
    assert.equal((await end()).body.notified, 1);
    assert.equal(
      (await db.collection("audience").get()).docs.flatMap((one) => Object.keys(one.get("devices"))).length,
      1,
    );
  });

  it("stays when another user registers its id", async () => {
    const other = await addPhone(functions, "phone-1", bob);
    await announce();
    await end();
    assert.deepEqual([pushes().length, pushes(other)], [2, []]);
  });

  it("is told to stop when it rings under another id or for another user by now", async () => {
    const callId = await announce();
    await move(alice, "phone-2");
    assert.equal(
      (await functions.call("reportCall", alice, { callId, deviceId: "phone-2", event: "ready" })).body.result.status,
      "ready",
    );
    await move(bob, "phone-3");
    await end();
    assert.deepEqual(pushesTo(functions, token).at(-1).data, { type: "call_ended", callId });
  });

  it("is forgotten when its user logs out", async () => {
    await functions.call("unregisterDevice", bob, { deviceId: "phone-1" });
    assert.equal((await db.doc("devices/phone-1").get()).exists, true);
    assert.deepEqual((await functions.call("unregisterDevice", alice, { deviceId: "phone-1" })).body, {
      result: { removed: true },
    });
  });
});

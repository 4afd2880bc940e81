import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, startFunctions, type Person } from "../../support/functions.ts";
import { until } from "../../support/until.ts";
import { addPhone, devicePath, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());

const call_id = "1763712000.17";
const exten = "101";

beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
});

async function announce(more: object = {}) {
  return functions.pbx("POST", "/calls", { call_id, exten, ring_id: "r1", caller_name: "홍길동", ...more });
}

async function end(body: object = { ring_id: "r1" }) {
  return functions.pbx("POST", `/calls/${call_id}/end`, body);
}

async function register(deviceId: string, token: string, person: Person = alice, platform = "android") {
  const registration = { kind: "token", value: token };
  assert.equal((await functions.call("registerDevice", person, { deviceId, platform, registration })).status, 200);
}

async function report(event: string, deviceId: string, person: Person, token: string) {
  const [{ data }] = pushesTo(functions, token) as [any];
  return functions.call("reportCall", person, { callId: data.callId, deviceId, event });
}

function typesTo(token: string): string[] {
  return pushesTo(functions, token).map(({ data }) => data.type);
}

const stopped = ["incoming_call", "call_ended"];

describe("a phone whose id is a property that every object has", () => {
  for (const id of ["constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable"]) {
    it(`${id} rings, reports and stops like any other`, async () => {
      const token = await addPhone(functions, id);
      const other = await addPhone(functions, "phone-2");
      assert.equal((await announce()).body.accepted, 2);
      assert.equal((await report("ready", id, alice, token)).body.result.ringing, true);
      assert.equal((await end()).body.notified, 2);
      assert.equal((await end()).body.notified, 0);
      assert.deepEqual([typesTo(token), typesTo(other)], [stopped, stopped]);
    });

    it(`${id} stops ringing when another phone answers`, async () => {
      const token = await addPhone(functions, id);
      await addPhone(functions, "phone-2");
      await announce();
      assert.equal((await report("answered", "phone-2", alice, token)).body.result.status, "answered");
      assert.deepEqual(typesTo(token), stopped);
    });
  }
});

describe("a phone that changes its owner while it rings", () => {
  it("can no longer report on the ring, and silences nothing", async () => {
    const token = await addPhone(functions, "phone-1");
    const other = await addPhone(functions, "phone-2");
    await announce();
    await register("phone-1", token, bob);
    assert.equal((await report("ready", "phone-1", bob, token)).body.error.status, "PERMISSION_DENIED");
    assert.equal((await report("answered", "phone-1", bob, token)).body.error.status, "PERMISSION_DENIED");
    assert.deepEqual(typesTo(other), ["incoming_call"]);
  });

  it("gets the end push, without its former owner's caller", async () => {
    const token = await addPhone(functions, "phone-1");
    await announce();
    await register("phone-1", token, bob, "ios");
    assert.equal((await end()).body.notified, 1);
    const [{ data: rang }, over] = pushesTo(functions, token) as [any, any];
    assert.deepEqual(over.data, { type: "call_ended", callId: rang.callId });
    assert.doesNotMatch(JSON.stringify(over), /홍길동/);
    assert.deepEqual(over.apns.payload.aps, { "content-available": 1 });
  });
});

describe("a phone that gets a new id while it rings", () => {
  for (const [who, person] of [
    ["its user's", alice],
    ["another's", bob],
  ] as const) {
    it(`gets the end push once when it is ${who}`, async () => {
      const token = await addPhone(functions, "phone-1");
      await announce();
      await register("phone-new", token, person);
      await register("phone-newer", token, person);
      assert.equal((await end()).body.notified, 1);
      assert.deepEqual(typesTo(token), stopped);
    });
  }

  it("reports as the phone that rang", async () => {
    const token = await addPhone(functions, "phone-1");
    await announce();
    await register("phone-new", token);
    assert.equal((await report("declined", "phone-new", alice, token)).body.result.status, "declined");
    const { devices } = (await functions.pbx("GET", `/calls/${call_id}`)).body;
    assert.deepEqual(
      devices.map((device: any) => [device.device_id, device.state]),
      [["phone-1", "declined"]],
    );
  });
});

describe("a phone whose registration FCM refuses after it rang", () => {
  it("can still answer, and nobody else can in its place", async () => {
    const [token, other] = [await addPhone(functions, "a"), await addPhone(functions, "b")];
    await announce();
    functions.fcm.setState(token, "uninstalled");
    await announce({ ring_id: "r2" });
    assert.equal((await functions.services.db.doc(devicePath("a")).get()).exists, false);
    for (const [person, deviceId] of [
      [bob, "a"],
      [alice, "c"],
    ] as const) {
      const refused = await report("answered", deviceId, person, token);
      assert.equal(refused.body.error?.status, "PERMISSION_DENIED");
    }
    assert.equal((await report("answered", "a", alice, token)).body.result.status, "answered");
    const called = pushesTo(functions, other).filter(({ data }) => data.type === "call_ended");
    assert.equal(called.length, 2);
  });
});

describe("the end push", () => {
  it("can be requested again by the PBX when FCM does not accept it, and the log says so", async () => {
    const token = await addPhone(functions, "phone-1");
    await announce();
    functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 2 });
    const before = functions.logged.length;
    const failed = await end();
    assert.deepEqual([failed.status, failed.body.error.code], [503, "try_again"]);
    assert.equal(failed.headers.get("retry-after"), "1");
    const lines = functions.logged.slice(before).filter((line) => line.includes('"end_push_unavailable"'));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).severity),
      ["WARNING"],
    );
    assert.equal((await end()).body.notified, 1);
    assert.deepEqual(typesTo(token), stopped);
  });

  const refusals: readonly (readonly [string, number, string, string | undefined])[] = [
    ["our token", 401, "UNAUTHENTICATED", undefined],
    ["the key for APNs", 401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"],
    ["a missing role", 403, "PERMISSION_DENIED", undefined],
    ["another sender's registration", 403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"],
    ["a wrong project", 404, "NOT_FOUND", undefined],
    ["the message", 400, "INVALID_ARGUMENT", undefined],
  ];
  for (const [name, code, status, errorCode] of refusals) {
    it(`can be requested again, too, when FCM refuses it for ${name}`, async () => {
      const token = await addPhone(functions, "phone-1");
      await announce();
      const fcmError = { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode };
      const details = errorCode === undefined ? [] : [fcmError];
      const body = JSON.stringify({ error: { code, status, message: "Sorry.", details } });
      functions.fcm.addFault({ match: { token }, status: code, body, times: 2 });
      assert.equal((await end()).status, 503);
      functions.fcm.clearFaults();
      assert.equal((await end()).body.notified, 1);
      assert.deepEqual(typesTo(token), stopped);
    });
  }

  for (const [name, again] of [
    ["a phone's answer", async (token: string) => report("answered", "phone-1", alice, token)],
    ["the PBX's answer", async () => end({ reason: "answered_elsewhere" })],
  ] as const) {
    it(`of ${name} is sent by the same request again when FCM does not accept it`, async () => {
      await functions.pbx("PUT", "/lines/102", { uid: "bob" });
      const token = await addPhone(functions, "phone-1");
      const colleague = await addPhone(functions, "phone-2", bob);
      await announce();
      await announce({ exten: "102", ring_id: "r2" });
      functions.fcm.addFault({ match: { token: colleague }, error_code: "UNAVAILABLE", times: 2 });
      assert.equal((await again(token)).status, 503);
      assert.equal((await again(token)).status, 200);
      assert.deepEqual(typesTo(colleague), stopped);
    });
  }

  it("that the announcement could not send is sent by the end that waits for it", async () => {
    const token = await addPhone(functions, "phone-1");
    functions.fcm.addFault({ match: { token }, status: 200, delay_ms: 800 });
    functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 2 });
    const announced = announce();
    await until(async () => (await functions.pbx("GET", `/calls/${call_id}`)).status === 200);
    assert.equal((await end()).body.notified, 1);
    await announced;
    assert.deepEqual(typesTo(token), stopped);
  });

  it("is sent once when the end of a leg, the end of the call and an answer come at the same time", async () => {
    for (let round = 0; round < 20; round += 1) {
      await resetState(functions);
      await functions.pbx("PUT", "/lines/101", { uid: "alice" });
      await functions.pbx("PUT", "/lines/102", { uid: "bob" });
      const token = await addPhone(functions, "phone-1");
      const other = await addPhone(functions, "phone-2", bob);
      await Promise.all([announce(), announce({ exten: "102", ring_id: "r2" })]);
      functions.fcm.addFault({ match: { token }, status: 200, delay_ms: 50 });
      await Promise.all([
        end({ ring_id: "r1", reason: "busy" }),
        end({ exten: "101" }),
        end({}),
        report("answered", "phone-2", bob, other),
      ]);
      assert.deepEqual(typesTo(token), stopped);
    }
  });
});

describe("a user with several extens", () => {
  beforeEach(async () => {
    await functions.pbx("PUT", "/lines/102", { uid: "alice" });
  });

  it("has one ring of a call on each phone, which stops with the last of its extens", async () => {
    const token = await addPhone(functions, "phone-1");
    const answers = await Promise.all([announce(), announce({ exten: "102" })]);
    assert.deepEqual(
      answers.map(({ body }) => body.accepted),
      [1, 1],
    );
    assert.deepEqual(typesTo(token), ["incoming_call"]);
    assert.equal((await end({ exten: "101" })).body.notified, 0);
    assert.deepEqual(typesTo(token), ["incoming_call"]);
    assert.equal((await report("ready", "phone-1", alice, token)).body.result.ringing, true);
    assert.equal((await functions.pbx("GET", `/calls/${call_id}?exten=102`)).body.status, "ready");
    assert.equal((await end({ exten: "102" })).body.notified, 1);
    assert.deepEqual(typesTo(token), stopped);
  });

  it("answers for both of them", async () => {
    const token = await addPhone(functions, "phone-1");
    await announce();
    await announce({ exten: "102", ring_id: "r2" });
    await report("answered", "phone-1", alice, token);
    for (const query of ["exten=101", "exten=102", "ring_id=r2"]) {
      assert.equal((await functions.pbx("GET", `/calls/${call_id}?${query}`)).body.status, "answered");
    }
  });

  it("is rung anew when the first of them is over", async () => {
    const token = await addPhone(functions, "phone-1");
    await announce();
    await end();
    await announce({ exten: "102", ring_id: "r2" });
    assert.deepEqual(typesTo(token), [...stopped, "incoming_call"]);
  });
});

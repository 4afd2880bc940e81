import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { anotherInstance } from "../../support/failing-services.ts";
import { alice, bob, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions({}, undefined, {
  "only-101": { extens: ["101"] },
  "only-102": { extens: ["102"] },
});
after(() => functions.close());

const call_id = "1763712000.17";

beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
});

async function announce(exten: string, ring_id: string, more: object = {}) {
  return functions.pbx("POST", "/calls", { call_id, exten, ring_id, ...more });
}

async function end(body: object, key?: string) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const path = `/calls/${call_id}/end`;
  return key === undefined
    ? functions.pbx("POST", path, body)
    : functions.pbx("POST", path, JSON.stringify(body), { headers });
}

async function apiAfter(ms: number) {
  const services = anotherInstance(functions, ms);
  after(() => services.fcm.close());
  const url = await functions.servePbx(services);
  return async (path: string, body: object | string, more?: object) => requestPbx(url, "POST", path, body, more);
}

function typesTo(token: string): string[] {
  return pushesTo(functions, token).map(({ data }) => data.type);
}

describe("a ring that another has joined", () => {
  beforeEach(() => functions.pbx("PUT", "/lines/102", { uid: "alice" }));

  it("is silenced by its end when the other's ring time is over", async () => {
    const token = await addPhone(functions, "phone-1");
    await announce("101", "r1", { ring_seconds: 60 });
    await announce("102", "r2", { ring_seconds: 10 });
    const then = await apiAfter(15_000);
    assert.equal((await then(`/calls/${call_id}/end`, { ring_id: "r1" })).body.notified, 1);
    assert.deepEqual(typesTo(token), ["incoming_call", "call_ended"]);
  });

  for (const named of [{}, { exten: "101" }, { exten: "102" }, { ring_id: "r2" }]) {
    it(`whose time is over is stopped by a later end: ${JSON.stringify(named)}`, async () => {
      const token = await addPhone(functions, "phone-1");
      await announce("101", "r1", { ring_seconds: 60 });
      await announce("102", "r2", { ring_seconds: 20 });
      await end({ ring_id: "r1" });
      assert.deepEqual(typesTo(token), ["incoming_call"]);
      const then = await apiAfter(21_000);
      assert.equal((await then(`/calls/${call_id}/end`, named)).body.notified, 1);
      assert.deepEqual(typesTo(token), ["incoming_call", "call_ended"]);
    });

    it(`leaves a phone that rings longer than the first to a later end: ${JSON.stringify(named)}`, async () => {
      assert.equal((await announce("101", "r1", { ring_seconds: 30 })).status, 404);
      const token = await addPhone(functions, "phone-1");
      const body = { call_id, exten: "102", ring_id: "r2", ring_seconds: 30 };
      assert.equal((await (await apiAfter(20_000))("/calls", body)).body.accepted, 1);
      await (
        await apiAfter(25_000)
      )(`/calls/${call_id}/end`, { ring_id: "r2" });
      assert.deepEqual(typesTo(token), ["incoming_call"]);
      await (
        await apiAfter(31_000)
      )(`/calls/${call_id}/end`, named);
      assert.deepEqual(typesTo(token), ["incoming_call", "call_ended"]);
    });
  }

  it("gets pushes for as long as the last of them rings", async () => {
    const token = await addPhone(functions, "phone-1");
    functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 4 });
    assert.equal((await announce("101", "r1", { ring_seconds: 10 })).status, 502);
    assert.equal((await announce("102", "r2", { ring_seconds: 60 })).status, 502);
    const then = await apiAfter(12_000);
    const again = await then("/calls", { call_id, exten: "102", ring_id: "r2", ring_seconds: 60 });
    assert.equal(again.body.accepted, 1, again.text);
    assert.deepEqual(typesTo(token), ["incoming_call"]);
  });
});

describe("a line that gets another owner while its call rings", () => {
  it("hides the new owner's rings from the old owner", async () => {
    const token = await addPhone(functions, "a");
    await functions.pbx("PUT", "/lines/102", { uid: "bob" });
    await announce("101", "r1");
    await functions.pbx("PUT", "/lines/101", { uid: "bob" });
    const other = await addPhone(functions, "b", bob);
    await announce("102", "r2");
    const [{ data }] = pushesTo(functions, other) as [any];
    const report = { callId: data.callId, deviceId: "b", event: "ready" };
    assert.equal((await functions.call("reportCall", bob, report)).body.result.ringing, true);
    const spying = await functions.call("reportCall", alice, { ...report, deviceId: "a" });
    assert.equal(spying.body.error.status, "PERMISSION_DENIED");
    const { docs } = await functions.services.db.collection("rings").where("uid", "==", "alice").get();
    assert.deepEqual(
      docs.map((doc) => doc.get("exten")),
      ["101"],
    );
    assert.deepEqual(typesTo(token), ["incoming_call"]);
  });

  it("keeps a ring that could not be pushed with its first owner", async () => {
    const token = await addPhone(functions, "a");
    functions.fcm.addFault({ match: { token }, error_code: "SENDER_ID_MISMATCH" });
    assert.equal((await announce("101", "r1")).status, 502);
    await functions.pbx("PUT", "/lines/101", { uid: "bob" });
    await addPhone(functions, "b", bob);
    assert.equal((await announce("101", "r1")).status, 404);
    const { docs } = await functions.services.db.collection("rings").get();
    assert.deepEqual(
      docs.map((doc) => [doc.get("uid"), Object.keys(doc.get("phones"))]),
      [["alice", ["a"]]],
    );
    assert.equal((await announce("101", "r2")).body.accepted, 1);
  });

  for (const [name, move] of [
    ["has another owner", async () => functions.pbx("PUT", "/lines/101", { uid: "bob" })],
    ["has no owner", async () => functions.pbx("DELETE", "/lines/101")],
  ] as const) {
    it(`lets its first user's other exten ring when it ${name} and could not be pushed`, async () => {
      for (const exten of ["102", "103"]) await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
      const token = await addPhone(functions, "a");
      functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 2 });
      assert.equal((await announce("101", "r1")).status, 502);
      await move();
      assert.equal((await announce("102", "r2")).body.accepted, 1);
      assert.deepEqual(typesTo(token), ["incoming_call"]);
    });
  }

  it("wakes no phone of the new owner for the former owner's other exten", async () => {
    for (const exten of ["102", "103"]) await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
    const other = await addPhone(functions, "b", bob);
    assert.equal((await announce("101", "r1")).status, 404);
    await functions.pbx("PUT", "/lines/101", { uid: "bob" });
    const token = await addPhone(functions, "a");
    assert.equal((await announce("102", "r2")).body.accepted, 1);
    await end({ ring_id: "r1" });
    assert.deepEqual([typesTo(token), typesTo(other)], [["incoming_call"], []]);
  });
});

describe("ends by keys for some extens", () => {
  beforeEach(async () => {
    await functions.pbx("PUT", "/lines/102", { uid: "alice" });
    await addPhone(functions, "phone-1");
  });

  it("add up, in either order, and do not limit an end by a key for all", async () => {
    await end({ ring_id: "r1" }, "only-101");
    await end({ ring_id: "r1" }, "only-102");
    await end({ ring_id: "r2" });
    await end({ ring_id: "r2" }, "only-102");
    for (const ring of ["r1", "r2"]) {
      assert.equal((await announce("101", ring)).body.status, "ended");
      assert.equal((await announce("102", ring)).body.status, "ended");
    }
  });

  it("of an exten whose rings are over are remembered, while a phone still rings for them", async () => {
    await announce("101", "r1", { ring_seconds: 60 });
    await announce("102", "r2", { ring_seconds: 20 });
    await end({ ring_id: "r1" });
    const then = await apiAfter(21_000);
    await then(`/calls/${call_id}/end`, { exten: "101" });
    assert.equal((await then("/calls", { call_id, exten: "101", ring_id: "r3" })).body.status, "ended");
  });

  it("stay remembered when another exten is announced", async () => {
    await announce("101", "r1");
    await end({}, "only-101");
    assert.equal((await announce("102", "r2")).body.status, "notified");
    assert.equal((await announce("101", "r3")).body.status, "ended");
  });

  it("do not prolong an end by a key for all", async () => {
    await announce("101", "r1");
    await end({});
    const key = { headers: { authorization: "Bearer only-101", "content-type": "application/json" } };
    assert.equal((await (await apiAfter(9000))(`/calls/${call_id}/end`, "{}", key)).status, 200);
    const then = await apiAfter(12_000);
    assert.equal((await then("/calls", { call_id, exten: "102", ring_id: "r2" })).body.status, "notified");
    assert.equal((await then("/calls", { call_id, exten: "101", ring_id: "r2" })).body.status, "ended");
  });

  it("do not prevent another exten's ring from getting its ring_id", async () => {
    await end({ ring_id: "r1" }, "only-102");
    await functions.pbx("POST", "/calls", { call_id, exten: "101" });
    assert.equal((await announce("101", "r1")).body.status, "notified");
    assert.equal((await end({ ring_id: "r1", exten: "101" })).body.notified, 1);
  });

  it(
    "leave nothing behind when they are refused, even during a concurrent announcement",
    { timeout: 60_000 },
    async () => {
      for (let round = 0; round < 40; round += 1) {
        const ring = `r${round}`;
        const [ended] = await Promise.all([end({ ring_id: ring }, "only-101"), announce("102", ring)]);
        if (ended.status === 403) assert.equal((await announce("101", ring)).body.status, "notified", ring);
      }
    },
  );

  it("close nothing when they are refused", async () => {
    await announce("101", "r1");
    assert.equal((await end({ ring_id: "r1" }, "only-102")).status, 403);
    assert.equal((await announce("102", "r1")).body.status, "notified");
  });
});

describe("an answer by a key for some extens", () => {
  it("silences their rings, although another exten of the call was answered before", async () => {
    await functions.pbx("PUT", "/lines/102", { uid: "bob" });
    const [one, two] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
    await announce("101", "r1");
    const [{ data }] = pushesTo(functions, one) as [any];
    await functions.call("reportCall", alice, { callId: data.callId, deviceId: "a", event: "answered" });
    await announce("102", "r2");
    assert.equal((await end({ reason: "answered_elsewhere" }, "only-102")).status, 200);
    assert.deepEqual([typesTo(one), typesTo(two)], [["incoming_call"], ["incoming_call", "call_ended"]]);
  });

  it("does not tell the phones of another exten, nor its status", async () => {
    const [answering, other] = [await addPhone(functions, "a"), await addPhone(functions, "a2")];
    await announce("101", "r1");
    functions.fcm.addFault({ match: { token: other }, error_code: "UNAVAILABLE", times: 2 });
    const [{ data }] = pushesTo(functions, answering) as [any];
    await functions.call("reportCall", alice, { callId: data.callId, deviceId: "a", event: "answered" });
    functions.fcm.clearFaults();
    const refused = await end({ reason: "answered_elsewhere" }, "only-102");
    assert.deepEqual([refused.status, refused.body.error.code, typesTo(other)], [403, "forbidden", ["incoming_call"]]);
    assert.equal((await end({ ring_id: "r2" }, "only-102")).status, 404);
    assert.equal((await end({ reason: "answered_elsewhere" }, "only-101")).body.notified, 1);
  });
});

describe("an end that came before its ring", () => {
  it("is remembered for ten seconds from then, however often the ring is announced", async () => {
    await addPhone(functions, "phone-1");
    await end({ exten: "101" });
    const body = { call_id, exten: "101" };
    assert.equal((await (await apiAfter(9000))("/calls", body)).body.status, "ended");
    assert.equal((await (await apiAfter(11_000))("/calls", body)).body.status, "notified");
  });
});

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { anotherInstance } from "../../support/failing-services.ts";
import { alice, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions({}, undefined, { "only-102": { extens: ["102"] }, odd: { pbxId: "__a" } });
after(() => functions.close());

const call_id = "1763712000.17";
let token = "";

beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
  token = await addPhone(functions, "phone-1");
});

/** The API with a clock some time ahead. */
async function apiAfter(ms: number) {
  const services = anotherInstance(functions, ms);
  after(() => services.fcm.close());
  const url = await functions.servePbx(services);
  return async (method: string, path: string, body?: object) => requestPbx(url, method, path, body);
}

function withKey(key: string, method: string, path: string, body: object) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return functions.pbx(method, path, JSON.stringify(body), { headers });
}

const calls = () => pushesTo(functions, token).filter(({ data }) => data.type === "incoming_call").length;

describe("a ring whose ring time is over", () => {
  const body = { call_id, exten: "101", ring_seconds: 20 };

  it("is missed in every read, whatever its phones had reported", async () => {
    await functions.pbx("POST", "/calls", body);
    const [{ data }] = pushesTo(functions, token) as [any];
    const report = { callId: data.callId, deviceId: "phone-1", event: "ready" };
    await functions.call("reportCall", alice, report);
    assert.equal((await functions.pbx("GET", `/calls/${call_id}`)).body.status, "ready");
    const then = await apiAfter(20_000);
    const { status, reason, ended_at, created_at, rings } = (await then("GET", `/calls/${call_id}`)).body;
    assert.deepEqual([status, reason], ["ended", "missed"]);
    assert.equal(Date.parse(ended_at) - Date.parse(created_at), 20_000);
    assert.deepEqual([rings[0].status, rings[0].reason], ["ended", "missed"]);
    assert.equal((await then("GET", `/calls/${call_id}?wait_seconds=25`)).body.status, "ended");
  });

  for (const [name, said] of [
    ["an answer", { reason: "answered_elsewhere" }],
    ["the end of a later ring of its exten", { exten: "101", reason: "answered" }],
    ["the end of the call", { reason: "busy" }],
  ] as const) {
    it(`stays missed after ${name}, and its phone gets no push`, async () => {
      await functions.pbx("POST", "/calls", { ...body, ring_id: "r1" });
      const then = await apiAfter(40_000);
      await then("POST", "/calls", { ...body, ring_id: "r2" });
      await then("POST", `/calls/${call_id}/end`, said);
      const { status, reason, ended_at, created_at } = (await then("GET", `/calls/${call_id}?ring_id=r1`)).body;
      assert.deepEqual([status, reason, Date.parse(ended_at) - Date.parse(created_at)], ["ended", "missed", 20_000]);
      assert.equal(pushesTo(functions, token).filter(({ data }) => data.type === "call_ended").length, 1);
    });
  }

  it("does not forbid a new ring of its exten", async () => {
    await functions.pbx("POST", "/calls", body);
    const then = await apiAfter(20_000);
    assert.equal((await then("POST", "/calls", body)).body.status, "notified");
    assert.equal(calls(), 2);
  });
});

describe("an end without a ring_id", () => {
  const body = { call_id, exten: "101" };
  for (const named of [{}, { exten: "101" }]) {
    it(`with ${JSON.stringify(named)} is forgotten after ten seconds`, async () => {
      await functions.pbx("POST", `/calls/${call_id}/end`, named);
      assert.equal((await functions.pbx("POST", "/calls", { ...body, ring_id: "r1" })).body.status, "ended");
      assert.equal((await (await apiAfter(9000))("POST", "/calls", { ...body, ring_id: "r2" })).body.status, "ended");
      const then = await apiAfter(10_000);
      assert.equal((await then("POST", "/calls", { ...body, ring_id: "r3" })).body.status, "notified");
      assert.equal((await then("POST", "/calls", { ...body, ring_id: "r4" })).body.status, "notified");
    });

    it(`with ${JSON.stringify(named)} lets the exten ring again ten seconds later: a queue's next try`, async () => {
      await functions.pbx("POST", "/calls", body);
      await functions.pbx("POST", `/calls/${call_id}/end`, named);
      assert.equal((await functions.pbx("POST", "/calls", body)).body.status, "ended");
      assert.equal((await (await apiAfter(10_000))("POST", "/calls", body)).body.status, "notified");
      assert.equal(calls(), 2);
    });
  }
});

describe("a key for some extens", () => {
  it("cannot end a call whose extens are unknown", async () => {
    for (const body of [{}, { reason: "busy" }, { exten: "101" }]) {
      assert.equal((await withKey("only-102", "POST", `/calls/${call_id}/end`, body)).status, 403);
    }
    assert.equal((await functions.pbx("POST", "/calls", { call_id, exten: "101" })).body.status, "notified");
  });

  it("cannot end a ring of another exten by its ring_id, even a future one", async () => {
    await withKey("only-102", "POST", `/calls/${call_id}/end`, { ring_id: "r1" });
    assert.equal((await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" })).status, 200);
    assert.equal(calls(), 1);
    assert.equal((await withKey("only-102", "POST", `/calls/${call_id}/end`, { ring_id: "r1" })).status, 403);
    await functions.pbx("PUT", "/lines/102", { uid: "alice" });
    const late = await functions.pbx("POST", "/calls", { call_id, exten: "102", ring_id: "r1" });
    assert.equal(late.body.status, "ended");
  });

  it("closes a ring_id for its own exten for good, even after another exten was announced with it", async () => {
    await functions.pbx("PUT", "/lines/102", { uid: "alice" });
    await withKey("only-102", "POST", `/calls/${call_id}/end`, { ring_id: "r1" });
    assert.equal((await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" })).status, 200);
    const late = await functions.pbx("POST", "/calls", { call_id, exten: "102", ring_id: "r1" });
    assert.equal(late.body.status, "ended");
  });
});

describe("a PBX with another name", () => {
  it("ends no ring of this one, by whatever names, and keeps none of its extens from ringing", async () => {
    const ring = { call_id, exten: "101", ring_id: "r1" };
    assert.equal((await functions.pbx("POST", "/calls", ring)).body.status, "notified");
    const { exten, ring_id } = ring;
    for (const named of [{ ring_id }, { exten }, { exten, ring_id }, {}, { reason: "answered_elsewhere" }]) {
      const { status, body } = await withKey("odd", "POST", `/calls/${call_id}/end`, named);
      assert.deepEqual([status, body.error?.code], [404, "unknown_call"], JSON.stringify(named));
    }
    for (const Event of ["Hangup", "BridgeEnter"]) {
      const event = { type: 3, data: { Event, Linkedid: call_id, Uniqueid: ring_id } };
      assert.equal((await withKey("odd", "POST", "/events", event)).status, 202, Event);
    }
    assert.equal((await functions.pbx("GET", `/calls/${call_id}`)).body.status, "notified");
    assert.equal((await functions.pbx("POST", "/calls", { ...ring, ring_id: "r2" })).body.status, "notified");
    assert.ok(pushesTo(functions, token).every(({ data }) => data.type === "incoming_call"));
  });
});

describe("a key id and a call id that together look like a name that Firestore reserves", () => {
  it("ring like any other", async () => {
    const body = { call_id: "b__", exten: "101", ring_id: "__c__" };
    const answer = await withKey("odd", "POST", "/calls", body);
    assert.equal(answer.body.status, "notified", answer.text);
    assert.equal((await withKey("odd", "POST", "/calls/b__/end", { ring_id: "__c__" })).body.notified, 1);
  });
});

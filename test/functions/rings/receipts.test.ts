import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
after(async () => {
  await functions.close();
  await firestore.close();
});

const call_id = "1763712000.17";
const path = `/calls/${call_id}`;
let tokens: string[] = [];

/** A call that rings two phones of Alice. */
async function ring(): Promise<void> {
  firestore.clearDocuments();
  functions.fcm.clearMessages();
  await functions.saveKeys();
  await functions.pbx("PUT", "/lines/101", { uid: alice.uid });
  tokens = [await addPhone(functions, "a"), await addPhone(functions, "b")];
  const { status } = await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
  assert.equal(status, 200);
}

async function report(deviceId: string, event: string, more: object = {}) {
  const { callId } = pushesTo(functions, tokens[0]!)[0].data;
  const { status, body } = await functions.call("reportCall", alice, { callId, deviceId, event, ...more });
  return { status, state: body.result, error: body.error };
}

async function readPhone(deviceId: string): Promise<any> {
  const { devices } = (await functions.pbx("GET", path)).body;
  return devices.find(({ device_id }: any) => device_id === deviceId);
}

const written = () => Object.values(firestore.billed).reduce((sum, { writes, deletes }) => sum + writes + deletes, 0);

const failures = ["no_settings", "no_connection", "no_permission", "error"] as const;
const facts = {
  receivedAt: "2026-11-02T03:04:06.000Z",
  sentAt: "2026-11-02T03:04:05.500Z",
  priority: "normal",
  originalPriority: "high",
};

describe("a receipt that a phone repeats", () => {
  beforeEach(ring);

  for (const event of ["received", "ready"]) {
    it(`${event} is written once and then read, in one request each time`, async () => {
      await report("a", event, { facts });
      firestore.clearCounts();
      for (let times = 0; times < 5; times += 1) {
        assert.equal((await report("a", event, { facts })).state.ringing, true);
      }
      assert.deepEqual([written(), firestore.requests()], [0, 5]);
    });

    it(`${event} is answered with the state of that moment`, async () => {
      await report("a", event);
      await report("b", "ready");
      assert.deepEqual((await report("a", event)).state.status, "ready");
      await report("b", "answered");
      firestore.clearCounts();
      const { state } = await report("a", event);
      assert.deepEqual([state.status, state.ringing, state.reason], ["answered", false, "answered_elsewhere"]);
      assert.equal(written(), 0);
      await functions.pbx("POST", `${path}/end`, { ring_id: "r1" });
      assert.deepEqual((await report("a", event)).state.status, "ended");
    });
  }

  it("is read, too, for a ring that has joined another", async () => {
    await functions.pbx("PUT", "/lines/102", { uid: alice.uid });
    await functions.pbx("POST", "/calls", { call_id, exten: "102", ring_id: "r2" });
    await report("a", "ready");
    firestore.clearCounts();
    assert.equal((await report("a", "ready")).state.ringing, true);
    assert.equal(written(), 0);
  });

  it("writes nothing whatever was reported before, and is answered alike", async () => {
    const event = fc.constantFrom("received", "ready", "failed", "answered", "declined", "ended");
    const one = fc.record({ deviceId: fc.constantFrom("a", "b"), event, reason: fc.constantFrom(...failures) });
    const property = fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 6 }), async (reports) => {
      await ring();
      for (const { deviceId, event: said, reason } of reports) {
        const first = await report(deviceId, said, { reason });
        firestore.clearCounts();
        const again = await report(deviceId, said, { reason });
        assert.deepEqual([again, written()], [first, 0]);
      }
    });
    await fc.assert(property, { numRuns: 15 });
  });
});

describe("a phone that could not get to its PBX", () => {
  beforeEach(ring);

  it("has received its push, is not ready, and rings on", async () => {
    const { state } = await report("a", "failed", { reason: "no_connection" });
    assert.deepEqual([state.status, state.ringing], ["notified", true]);
    const phone = await readPhone("a");
    assert.deepEqual([phone.state, phone.failure, phone.ready_at], ["received", "no_connection", undefined]);
    assert.ok(Date.parse(phone.failed_at) >= Date.parse(phone.accepted_at));
    assert.equal((await functions.pbx("GET", path)).body.status, "notified");
    assert.equal((await functions.pbx("POST", `${path}/end`, { ring_id: "r1" })).body.notified, 2);
  });

  it("does not end a wait, which another phone ends that is ready", async () => {
    const answers: string[] = [];
    const requests = firestore.requests();
    const waiting = functions.pbx("GET", `${path}?wait_seconds=20`).then(({ body }) => answers.push(body.status));
    await until(() => firestore.requests() > requests);
    await report("a", "failed", { reason: "no_settings" });
    assert.equal((await functions.pbx("GET", path)).body.status, "notified");
    assert.deepEqual(answers, []);
    await report("b", "ready");
    await waiting;
    assert.deepEqual(answers, ["ready"]);
  });

  it("is ready when it says so later, and stays ready when its failure comes later", async () => {
    await report("a", "failed", { reason: "no_connection" });
    await report("a", "ready");
    await report("b", "ready");
    await report("b", "failed", { reason: "error" });
    for (const deviceId of ["a", "b"]) {
      const phone = await readPhone(deviceId);
      assert.deepEqual([phone.state, typeof phone.failed_at, typeof phone.ready_at], ["ready", "string", "string"]);
    }
  });

  it("keeps the first reason, and gives it after the end as well", async () => {
    await report("a", "failed", { reason: "no_settings" });
    await functions.pbx("POST", `${path}/end`, { ring_id: "r1" });
    assert.equal((await report("a", "failed", { reason: "error" })).state.status, "ended");
    await report("b", "failed", { reason: "error" });
    assert.deepEqual([(await readPhone("a")).failure, (await readPhone("b")).failure], ["no_settings", "error"]);
    assert.deepEqual([(await readPhone("a")).state, (await readPhone("b")).state], ["ended", "ended"]);
  });

  it("must give one of the reasons", async () => {
    for (const reason of [undefined, "none", "", 1]) {
      const { status, error } = await report("a", "failed", { reason });
      assert.deepEqual([status, error.details.issues[0].path], [400, "reason"]);
    }
    assert.equal((await readPhone("a")).state, "accepted");
    for (const reason of failures) assert.equal((await report("a", "failed", { reason })).status, 200);
  });
});

describe("what a phone says of its push", () => {
  beforeEach(ring);

  it("is kept as it said it first, and shown to the PBX", async () => {
    await report("a", "received", { facts });
    await report("a", "ready", { facts: { priority: "high" } });
    await report("b", "answered", { facts: { sentAt: "2026-11-02T03:04:05Z" } });
    const shown = {
      received_at: facts.receivedAt,
      sent_at: facts.sentAt,
      priority: facts.priority,
      original_priority: facts.originalPriority,
    };
    assert.deepEqual((await readPhone("a")).facts, shown);
    assert.deepEqual((await readPhone("b")).facts, { sent_at: "2026-11-02T03:04:05Z" });
  });

  it("may come later than the receipt", async () => {
    await report("a", "received");
    assert.equal((await readPhone("a")).facts, undefined);
    await report("a", "received", { facts: { priority: "high" } });
    assert.deepEqual((await readPhone("a")).facts, { priority: "high" });
  });

  it("is refused if it is something else", async () => {
    const bad: readonly (readonly [string, object])[] = [
      ["priority", { priority: "urgent" }],
      ["originalPriority", { originalPriority: 1 }],
      ["receivedAt", { receivedAt: 1_763_712_000_000 }],
      ["receivedAt", { receivedAt: "yesterday" }],
      ["sentAt", { sentAt: `2026-11-02T03:04:05.${"0".repeat(100)}Z` }],
      ["sentAt", { sentAt: "2026-11-02T03:04:05+09:00" }],
    ];
    for (const [field, value] of bad) {
      const { status, error } = await report("a", "received", { facts: value });
      assert.deepEqual([status, error.details.issues[0].path], [400, `facts.${field}`]);
    }
  });
});

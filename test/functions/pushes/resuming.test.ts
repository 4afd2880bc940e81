import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { deliverPush } from "../../../functions/src/pushes/deliver-push.ts";
import { dispatchDue } from "../../../functions/src/pushes/dispatch-due.ts";
import type { FcmClient } from "../../../functions/src/fcm/client.ts";
import { bob, startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, devicePath, exten, pushesTo, resetState } from "../../support/line.ts";
import { install, keyOf, readRecord, setUp, type Setup } from "./setup.ts";

const functions = await startFunctions();
after(() => functions.close());

let setup: Setup;
beforeEach(async () => {
  await resetState(functions);
  setup = await setUp(functions);
});
afterEach(() => setup.close());

/** Longer than a worker's lease. */
const leaseMs = 91_000;

function countPushes(tokens: readonly string[]): number[] {
  return tokens.map((token) => pushesTo(functions, token).length);
}

/** A worker that sends to the first `count` recipients and then waits until the test goes on, if ever. */
function stallAfter(count: number, wait: () => Promise<void> = () => new Promise(() => undefined)) {
  const { fcm } = setup.services;
  const sendEach: FcmClient["sendEach"] = async function* (items, budget) {
    yield* fcm.sendEach([...(items as Iterable<any>)].slice(0, count), budget);
    await wait();
  };
  return { ...setup.services, fcm: { ...fcm, sendEach } };
}

/** Kills a worker that has recorded `count` outcomes. */
async function killAfter(id: string, count: number): Promise<void> {
  void deliverPush(stallAfter(count), { id: keyOf(id) });
  setup.published.length = 0;
  let recorded = 0;
  while (recorded < count) recorded = (await readRecord(functions, id)).result?.accepted ?? 0;
}

describe("a push whose worker was killed", () => {
  it("is resumed by the minute job, and goes only to recipients without a recorded outcome", async () => {
    const tokens = Array.from({ length: 5 }, () => install(functions));
    const id = await setup.post({ target: { tokens } });
    await killAfter(id, 2);
    assert.deepEqual((await setup.shown(id)).result, { accepted: 2, failed: 0, pending: 3, errors: [] });
    await setup.runMinute();
    assert.deepEqual(countPushes(tokens), [1, 1, 0, 0, 0]);
    setup.clock.advance(leaseMs);
    await setup.runMinute();
    assert.deepEqual(countPushes(tokens), [1, 1, 1, 1, 1]);
    const { state, result } = await setup.shown(id);
    assert.deepEqual([state, result.accepted], ["sent", 5]);
  });

  it("is resumed by another delivery of its message, and not before the lease has expired", async () => {
    const tokens = [install(functions), install(functions)];
    const id = await setup.post({ target: { tokens } });
    await killAfter(id, 1);
    await deliverPush(setup.services, { id: keyOf(id) });
    assert.deepEqual(countPushes(tokens), [1, 0]);
    setup.clock.advance(leaseMs);
    await deliverPush(setup.services, { id: keyOf(id) });
    assert.deepEqual(countPushes(tokens), [1, 1]);
  });

  it("goes to the phones that its exten had at first, under their current registrations", async () => {
    const [first, second] = await addLine(functions, 2);
    const id = await setup.post({ target: { exten } });
    await killAfter(id, 1);
    const [late, renewed] = [await addPhone(functions, "late"), await addPhone(functions, "phone-2")];
    setup.clock.advance(leaseMs);
    await setup.runMinute();
    assert.deepEqual(countPushes([first!, second!, late, renewed]), [1, 0, 0, 1]);
    assert.equal((await setup.shown(id)).state, "sent");
  });

  it("does not go to a phone that another user has by now", async () => {
    const tokens = await addLine(functions, 3);
    const id = await setup.post({ target: { exten } });
    await killAfter(id, 1);
    const [, moved] = tokens;
    const registration = { kind: "token", value: moved };
    await functions.call("registerDevice", bob, { deviceId: "phone-2", platform: "android", registration });
    await functions.services.db.doc(devicePath("phone-3")).delete();
    setup.clock.advance(leaseMs);
    await setup.runMinute();
    assert.deepEqual(countPushes([moved!]), [0]);
    const { state, result } = await setup.shown(id);
    assert.deepEqual(
      [state, result.errors],
      ["partly_sent", ["phone-2", "phone-3"].map((device_id) => ({ device_id, code: "device_gone" }))],
    );
  });

  it("is not sent when it expires before it is resumed", async () => {
    const tokens = [install(functions), install(functions)];
    const id = await setup.post({ target: { tokens }, expires_at: setup.in(60_000) });
    await killAfter(id, 1);
    setup.clock.advance(leaseMs);
    await setup.runMinute();
    const { state, result } = await setup.shown(id);
    assert.deepEqual([state, result.errors], ["partly_sent", [{ index: 1, code: "expired" }]]);
    assert.deepEqual(countPushes(tokens), [1, 0]);
  });

  it("belongs to the next worker, whatever the killed one reports later", async () => {
    const tokens = [install(functions), install(functions)];
    const id = await setup.post({ target: { tokens } });
    const revived = Promise.withResolvers<void>();
    const worker = deliverPush(
      stallAfter(1, () => revived.promise),
      { id: keyOf(id) },
    );
    while (((await readRecord(functions, id)).result?.accepted ?? 0) < 1);
    setup.clock.advance(leaseMs);
    await setup.runMinute();
    const settled = await readRecord(functions, id);
    revived.resolve();
    await assert.rejects(worker, /taken this push over/);
    assert.deepEqual(await readRecord(functions, id), settled);
    assert.deepEqual([settled.state, countPushes(tokens)], ["sent", [1, 1]]);
  });
});

describe("a push whose worker failed", () => {
  it("is sent when its message comes again, if nothing was recorded", async () => {
    const token = install(functions);
    const id = await setup.post({ target: { token } });
    const runTransaction = () => Promise.reject(new Error("14 UNAVAILABLE"));
    const db = new Proxy(functions.services.db, {
      get: (target, property) => (property === "runTransaction" ? runTransaction : Reflect.get(target, property)),
    });
    await assert.rejects(deliverPush({ ...setup.services, db }, { id: keyOf(id) }), /UNAVAILABLE/);
    await deliverPush(setup.services, { id: keyOf(id) });
    assert.deepEqual(countPushes([token]), [1]);
  });

  it("is resumed, and does not go again to the recorded recipients", async () => {
    const tokens = [install(functions), install(functions)];
    const id = await setup.post({ target: { tokens } });
    const failing = stallAfter(1, () => Promise.reject(new Error("out of memory")));
    await assert.rejects(deliverPush(failing, { id: keyOf(id) }), /out of memory/);
    setup.clock.advance(leaseMs);
    await setup.runMinute();
    assert.deepEqual(countPushes(tokens), [1, 1]);
  });
});

describe("a message that comes twice", () => {
  it("sends once when both come at the same time", async () => {
    const tokens = Array.from({ length: 20 }, () => install(functions));
    const id = await setup.post({ target: { tokens } });
    await Promise.all([1, 2, 3, 4].map(() => deliverPush(setup.services, { id: keyOf(id) })));
    assert.deepEqual(countPushes(tokens), Array(20).fill(1));
  });

  it("changes nothing when the push is settled or cancelled", async () => {
    const token = install(functions);
    const sent = await setup.post({ target: { token } });
    await setup.deliver();
    const cancelled = await setup.post({ target: { token }, reserved_at: setup.in(leaseMs) });
    await setup.pbx("DELETE", `/pushes/${cancelled}`);
    const before = await Promise.all([sent, cancelled].map((id) => readRecord(functions, id)));
    setup.clock.advance(leaseMs);
    for (const id of [sent, cancelled]) await deliverPush(setup.services, { id: keyOf(id) });
    await dispatchDue(setup.services);
    assert.deepEqual(await Promise.all([sent, cancelled].map((id) => readRecord(functions, id))), before);
    assert.deepEqual(countPushes([token]), [1]);
  });

  it("does not send a push that is still reserved", async () => {
    const token = install(functions);
    const id = await setup.post({ target: { token }, reserved_at: setup.in(leaseMs) });
    await deliverPush(setup.services, { id: keyOf(id) });
    assert.deepEqual([(await setup.shown(id)).state, countPushes([token])], ["reserved", [0]]);
  });
});

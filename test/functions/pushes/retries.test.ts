import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { startFunctions } from "../../support/functions.ts";
import { badDeviceToken } from "../fcm/documented-answers.ts";
import { addLine, exten, pushesTo, resetState } from "../../support/line.ts";
import { hour, install, keyOf, minute, readRecord, setUp, type Setup } from "./setup.ts";

const functions = await startFunctions();
after(() => functions.close());

let setup: Setup;
let token: string;
beforeEach(async () => {
  await resetState(functions);
  setup = await setUp(functions);
  token = install(functions);
});
afterEach(() => setup.close());

function countPushes(to = token): number {
  return pushesTo(functions, to).length;
}

/** The time until the minute job must check a push again. */
async function dueIn(id: string): Promise<number> {
  return (await readRecord(functions, id)).dueAt.toMillis() - setup.clock.now();
}

describe("a push that FCM does not accept", () => {
  for (const fault of [
    { error_code: "UNAVAILABLE" },
    { error_code: "INTERNAL" },
    { status: 502, body: "<html>Bad Gateway</html>", content_type: "text/html" },
    { drop: true },
  ]) {
    it(`is retried by its worker ten seconds after ${JSON.stringify(fault)}`, async () => {
      functions.fcm.addFault(fault);
      const id = await setup.post({ target: { token } });
      await setup.deliver();
      assert.equal((await setup.shown(id)).state, "sent");
      assert.equal(countPushes(), 1);
      assert.ok(setup.clock.sleeps.includes(10_000), String(setup.clock.sleeps));
    });
  }

  it("waits for as long as FCM asks, in its worker when that is short", async () => {
    functions.fcm.addFault({ error_code: "QUOTA_EXCEEDED", retry_after: "25" });
    const id = await setup.post({ target: { token } });
    await setup.deliver();
    assert.equal((await setup.shown(id)).state, "sent");
    assert.ok(setup.clock.sleeps.includes(25_000));
  });

  it("is queued again when the wait is longer than its worker's time, without the recipients that have it", async () => {
    const [first, second] = await addLine(functions, 2);
    functions.fcm.addFault({ match: { token: first! }, error_code: "QUOTA_EXCEEDED", retry_after: "300" });
    const id = await setup.post({ target: { exten } });
    await setup.deliver();
    const { state, result } = await setup.shown(id);
    assert.deepEqual([state, result], ["queued", { accepted: 1, failed: 0, pending: 1, errors: [] }]);
    assert.ok((await dueIn(id)) >= 300_000);
    setup.clock.advance(299_000);
    await setup.runMinute();
    assert.equal(countPushes(first), 0);
    setup.clock.advance(151_000);
    await setup.runMinute();
    assert.deepEqual([countPushes(first), countPushes(second)], [1, 1]);
    assert.deepEqual((await setup.shown(id)).result, { accepted: 2, failed: 0, errors: [] });
  });

  it("is not retried earlier because its message comes twice", async () => {
    functions.fcm.addFault({ error_code: "QUOTA_EXCEEDED", retry_after: "300" });
    const id = await setup.post({ target: { token } });
    await setup.deliver();
    setup.clock.advance(299_000);
    setup.published.push(keyOf(id));
    await setup.deliver();
    assert.deepEqual([(await setup.shown(id)).state, countPushes()], ["queued", 0]);
  });

  it("waits a minute when a quota is used up and FCM names no time", async () => {
    functions.fcm.addFault({ error_code: "QUOTA_EXCEEDED" });
    const id = await setup.post({ target: { token } });
    await setup.deliver();
    const wait = await dueIn(id);
    assert.ok(wait >= minute && wait <= 1.5 * minute, String(wait));
    setup.clock.advance(wait);
    await setup.runMinute();
    assert.equal((await setup.shown(id)).state, "sent");
  });

  it("is retried for an hour with growing waits, and has then failed with FCM's code", async () => {
    functions.fcm.addFault({ error_code: "UNAVAILABLE", times: 1000 });
    const { sends } = functions.fcm.counters;
    const id = await setup.post({ target: { token }, expires_at: setup.in(24 * hour) });
    const startedAt = setup.clock.now();
    const waits: number[] = [];
    await setup.deliver();
    while ((await setup.shown(id)).state === "queued") {
      waits.push(await dueIn(id));
      setup.clock.advance(waits.at(-1)!);
      await setup.runMinute();
    }
    const { state, result } = await setup.shown(id);
    assert.deepEqual([state, result], ["failed", { accepted: 0, failed: 1, errors: [{ code: "UNAVAILABLE" }] }]);
    const triedFor = setup.clock.now() - startedAt;
    assert.ok(triedFor > 0.5 * hour && triedFor <= hour, String(triedFor));
    // 40, 80, 160 and 320 seconds, then ten minutes, each plus up to half.
    for (const [index, wait] of waits.entries()) {
      const least = Math.min(40_000 * 2 ** index, 10 * minute);
      assert.ok(wait >= least && wait <= 1.5 * least, `${index}: ${waits.join()}`);
    }
    assert.equal(functions.fcm.counters.sends - sends, 3 + waits.length);
  });

  it("has failed as soon as the next try would be after its expiry", async () => {
    functions.fcm.addFault({ error_code: "UNAVAILABLE", times: 1000 });
    const id = await setup.post({ target: { token }, expires_at: setup.in(25_000) });
    await setup.deliver();
    const { state, result } = await setup.shown(id);
    assert.deepEqual([state, result.errors], ["failed", [{ code: "UNAVAILABLE" }]]);
    functions.fcm.clearFaults();
    setup.clock.advance(hour);
    await setup.runMinute();
    assert.equal(countPushes(), 0);
  });

  it("has failed for recipients with too long a wait, and is retried for the others", async () => {
    const tokens = [install(functions), install(functions)];
    functions.fcm.addFault({ match: { token: tokens[0]! }, error_code: "QUOTA_EXCEEDED", retry_after: "3600" });
    functions.fcm.addFault({ match: { token: tokens[1]! }, error_code: "QUOTA_EXCEEDED", retry_after: "300" });
    const id = await setup.post({ target: { tokens } });
    await setup.deliver();
    const errors = [{ index: 0, code: "QUOTA_EXCEEDED" }];
    assert.deepEqual((await setup.shown(id)).result, { accepted: 0, failed: 1, pending: 1, errors });
    setup.clock.advance(await dueIn(id));
    await setup.runMinute();
    const { state, result } = await setup.shown(id);
    assert.deepEqual([state, result], ["partly_sent", { accepted: 1, failed: 1, errors }]);
    assert.deepEqual(
      tokens.map((to) => countPushes(to)),
      [0, 1],
    );
  });

  it("is never retried when the minute job finds it expired, and keeps the accepted outcomes", async () => {
    const [first, second] = await addLine(functions, 2);
    functions.fcm.addFault({ match: { token: first! }, error_code: "QUOTA_EXCEEDED", retry_after: "60" });
    const id = await setup.post({ target: { exten }, expires_at: setup.in(10 * minute) });
    await setup.deliver();
    setup.clock.advance(10 * minute);
    await setup.runMinute();
    const { state, result } = await setup.shown(id);
    assert.deepEqual(
      [state, result],
      ["partly_sent", { accepted: 1, failed: 1, errors: [{ device_id: "phone-1", code: "QUOTA_EXCEEDED" }] }],
    );
    assert.deepEqual([countPushes(first), countPushes(second)], [0, 1]);
  });

  it("waits while FCM refuses the credentials, with one log line", async () => {
    const tokens = Array.from({ length: 20 }, () => install(functions));
    functions.fcm.addFault({ status: 401, error_code: "UNAUTHENTICATED", times: 1000 });
    const id = await setup.post({ target: { tokens } });
    await setup.deliver();
    const { state, result } = await setup.shown(id);
    assert.deepEqual([state, result], ["queued", { accepted: 0, failed: 0, pending: 20, errors: [] }]);
    functions.fcm.clearFaults();
    setup.clock.advance(await dueIn(id));
    await setup.runMinute();
    assert.deepEqual((await setup.shown(id)).result, { accepted: 20, failed: 0, errors: [] });
    assert.equal(functions.logged.filter((line) => line.includes("fcm_credentials_refused")).length, 1);
  });

  it("records, shows and logs APNs' reason", async () => {
    functions.fcm.addFault({ match: { token }, status: 400, body: badDeviceToken });
    const id = await setup.post({ id: "iphone", target: { tokens: [install(functions), token] } });
    await setup.deliver();
    const errors = [{ index: 1, code: "INVALID_ARGUMENT", apns_reason: "BadDeviceToken" }];
    assert.deepEqual((await setup.shown(id)).result, { accepted: 1, failed: 1, errors });
    const { outcomes } = await readRecord(functions, id);
    assert.deepEqual(outcomes["1"], { state: "failed", code: "INVALID_ARGUMENT", apnsReason: "BadDeviceToken" });
    const lines = functions.logged.filter((line) => line.includes("BadDeviceToken")).map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ message, apnsReason, codes }) => [message, apnsReason, codes]),
      [
        ["push_failed", undefined, { "INVALID_ARGUMENT/BadDeviceToken": 1 }],
        ["push_rejected", "BadDeviceToken", undefined],
      ],
    );
  });

  it("is not retried when FCM's refusal is final", async () => {
    functions.fcm.addFault({ error_code: "THIRD_PARTY_AUTH_ERROR", status: 401 });
    const id = await setup.post({ target: { token } });
    await setup.deliver();
    const { state, result } = await setup.shown(id);
    assert.deepEqual(
      [state, result.errors],
      ["failed", [{ code: "THIRD_PARTY_AUTH_ERROR", apns_reason: "InvalidProviderToken" }]],
    );
    setup.clock.advance(hour);
    await setup.runMinute();
    assert.equal(countPushes(), 0);
  });
});

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { answers } from "../../../functions/src/apns/answers.ts";
import { checkMessage } from "../../../functions/src/apns/check-message.ts";
import type { ApnsTarget } from "../../../functions/src/apns/message.ts";
import { parseAnswer } from "../../../functions/src/apns/parse-answer.ts";
import { bulkBudget } from "../../../functions/src/fcm/bulk-budget.ts";
import { callBudget, sendBudget, type Budget } from "../../../functions/src/transport/budget.ts";
import { createTestClock, type TestClock } from "../../support/clock.ts";
import type { Received } from "../../support/scripted-peer.ts";
import { refuse, startScriptedApns, withClient, type ScriptedApns } from "./scripted-apns.ts";

const target: ApnsTarget = { token: "a1".repeat(32), topic: "com.example.app.voip", environment: "production" };
const message = { payload: { type: "call", callId: "c1" } };
const once: Budget = { ...sendBudget(), retryDelayMs: () => undefined };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ringMs = 30_000;

let apns: ScriptedApns;
let clock: TestClock;

before(async () => {
  apns = await startScriptedApns();
});
after(() => apns.close());
beforeEach(() => {
  apns.production.forget();
  apns.sandbox.forget();
  clock = createTestClock();
});

/** Answers the pushes in turn; the last reaction repeats. */
function scriptInTurn(...reactions: readonly ((received: Received) => void)[]): void {
  let turn = 0;
  apns.production.script((received) => reactions[Math.min(turn++, reactions.length - 1)]?.(received));
}

const accept = (received: Received): void => received.accept();
const fail = (received: Received): void => refuse(received, 503, "ServiceUnavailable");

describe("a VoIP push", () => {
  it("is posted to its device token, with APNs' headers and the payload as it is", async () => {
    const budget = callBudget({ ringEndsAt: clock.now() + ringMs });
    const withId = { ...message, collapseId: "c1" };
    const outcome = await withClient(apns, { clock }, (client) => client.send(target, withId, budget));
    const [received] = apns.production.received;
    const { authorization, "content-length": _length, ...headers } = received?.headers ?? {};
    assert.match(authorization ?? "", /^bearer [\w-]+\.[\w-]+\.[\w-]{86}$/);
    assert.match(String(headers["apns-id"]), uuid);
    assert.deepEqual(outcome, { status: "accepted", messageId: headers["apns-id"] });
    assert.deepEqual(Object.fromEntries(Object.entries(headers)), {
      ":method": "POST",
      ":scheme": "https",
      ":authority": new URL(apns.production.origin).host,
      ":path": `/3/device/${target.token}`,
      "apns-topic": "com.example.app.voip",
      "apns-push-type": "voip",
      "apns-priority": "10",
      "apns-expiration": String(Math.floor((clock.now() + ringMs) / 1000)),
      "apns-id": headers["apns-id"],
      "apns-collapse-id": "c1",
    });
    assert.deepEqual(JSON.parse(received?.body ?? ""), message.payload);
  });

  it("is sent to the environment of its token", async () => {
    const outcome = await withClient(apns, {}, (client) => {
      return client.send({ ...target, environment: "sandbox" }, message, once);
    });
    assert.deepEqual(
      [outcome.status, "environment" in outcome, apns.production.received.length, apns.sandbox.received.length],
      ["accepted", false, 0, 1],
    );
  });

  it("without an end is delivered at once or never, and without a collapse id it replaces none", async () => {
    await withClient(apns, {}, (client) => client.send(target, message, once));
    const [received] = apns.production.received;
    assert.equal(received?.headers["apns-expiration"], "0");
    assert.equal("apns-collapse-id" in (received?.headers ?? {}), false);
  });

  it("has the same id in every try, and another one for every send", async () => {
    scriptInTurn(fail, accept);
    const outcome = await withClient(apns, { clock }, async (client) => {
      const first = await client.send(target, message, sendBudget());
      await client.send(target, message, sendBudget());
      return first;
    });
    const ids = apns.production.received.map(({ headers }) => headers["apns-id"]);
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual([ids[0], ids[0]], [ids[1], "messageId" in outcome && outcome.messageId]);
  });

  it("to a token with other characters than digits stays in its path", async () => {
    await withClient(apns, {}, (client) => client.send({ ...target, token: "../../x?y=1#z" }, message, once));
    assert.equal(apns.production.received[0]?.headers[":path"], "/3/device/..%2F..%2Fx%3Fy%3D1%23z");
  });

  it("is not sent when APNs would refuse its form", async () => {
    const send = (wrong: object) =>
      withClient(apns, {}, (client) => client.send(target, { ...message, ...wrong }, once));
    assert.deepEqual(await send({ payload: { k: "가".repeat(1705) } }), {
      status: "rejected",
      code: "payload_too_large",
      message: "payload: must have at most 5120 bytes as JSON for APNs, not 5123",
    });
    assert.deepEqual(await send({ collapseId: "c".repeat(65) }), {
      status: "rejected",
      code: "invalid_value",
      message: "collapseId: must be 1 to 64 visible ASCII characters",
    });
    assert.deepEqual(apns.production.received, []);
  });
});

describe("the form of a VoIP push", () => {
  it("is right with up to 5120 bytes of JSON", () => {
    const braces = '{"k":""}'.length;
    const codesOf = (k: string) => checkMessage({ payload: { k } }).map(({ code }) => code);
    assert.deepEqual(codesOf("x".repeat(5120 - braces)), []);
    assert.deepEqual(codesOf("x".repeat(5121 - braces)), ["payload_too_large"]);
    assert.deepEqual(codesOf('"'.repeat(2557)), ["payload_too_large"]);
  });

  it("is right with a collapse id that fits a header", () => {
    const isRight = (collapseId: string) => checkMessage({ ...message, collapseId }).length === 0;
    assert.deepEqual(["c", "c".repeat(64)].map(isRight), [true, true]);
    assert.deepEqual(["", "c".repeat(65), "가", "a b", "a\r\nb: c"].map(isRight), [false, false, false, false, false]);
  });
});

describe("the budget of a VoIP push", () => {
  it("is that of a call: one quick retry, not after the ring time", async () => {
    scriptInTurn(fail, accept);
    const budget = callBudget({ ringEndsAt: clock.now() + ringMs });
    const outcome = await withClient(apns, { clock, random: () => 0 }, (client) =>
      client.send(target, message, budget),
    );
    assert.deepEqual([outcome.status, clock.sleeps], ["accepted", [200]]);
    clock.advance(ringMs);
    const late = await withClient(apns, { clock }, (client) => client.send(target, message, budget));
    assert.deepEqual(late, { status: "unavailable", code: "expired" });
    assert.equal(apns.production.received.length, 2);
  });

  it("is not retried after the ring time because the first answer was slow", async () => {
    scriptInTurn((received) => {
      clock.advance(ringMs);
      fail(received);
    }, accept);
    const budget = callBudget({ ringEndsAt: clock.now() + ringMs });
    const outcome = await withClient(apns, { clock }, (client) => client.send(target, message, budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "ServiceUnavailable" });
    assert.equal(apns.production.received.length, 1);
  });

  it("retries what is unavailable once: 429, 500 and 503", async () => {
    for (const [status, reason] of [
      [429, "TooManyRequests"],
      [500, "InternalServerError"],
      [503, "ServiceUnavailable"],
    ] as const) {
      apns.production.forget();
      apns.production.script((received) => refuse(received, status, reason));
      const outcome = await withClient(apns, { clock }, (client) => client.send(target, message, sendBudget()));
      assert.deepEqual(outcome, { status: "unavailable", code: reason });
      assert.equal(apns.production.received.length, 2);
    }
  });

  it("can end a try after a second, or any other time, and then the push may have been delivered", async () => {
    apns.production.script(() => {});
    const budget = {
      ...callBudget({ ringEndsAt: Date.now() + ringMs }),
      attemptTimeoutMs: 50,
      retryDelayMs: () => undefined,
    };
    const outcome = await withClient(apns, {}, (client) => client.send(target, message, budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "timeout", mayBeDelivered: true });
  });

  it("of a mass push outlasts a failure", async () => {
    scriptInTurn(fail, fail, accept);
    const outcome = await withClient(apns, { clock, random: () => 0 }, (client) => {
      return client.send(target, message, bulkBudget());
    });
    assert.deepEqual([outcome.status, clock.sleeps], ["accepted", [10_000, 20_000]]);
  });

  it("is kept when the push is no longer wanted", async () => {
    scriptInTurn(fail, accept);
    const budget = { ...sendBudget(), isStillWanted: async () => apns.production.received.length === 0 };
    const outcome = await withClient(apns, { clock }, (client) => client.send(target, message, budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "ServiceUnavailable" });
  });

  it("is kept when the push is no longer wanted, and the other environment is to be asked next", async () => {
    scriptInTurn((received) => refuse(received, 400, "BadDeviceToken"));
    const budget = { ...once, isStillWanted: async () => apns.production.received.length === 0 };
    const outcome = await withClient(apns, { clock }, (client) => client.send(target, message, budget));
    assert.deepEqual(outcome, { status: "unavailable", code: "BadDeviceToken", environment: "sandbox" });
    assert.equal(apns.sandbox.received.length, 0);
  });
});

describe("the device token", () => {
  const hex = fc.string({
    unit: fc.constantFrom(..."0123456789abcdefABCDEF".split("")),
    minLength: 12,
    maxLength: 200,
  });
  const letters = fc.string({ unit: fc.constantFrom(..."abcdefABCDEF".split("")), minLength: 12, maxLength: 64 });

  it("is in no outcome, whatever APNs quotes", () => {
    const status = fc.constantFrom(200, 302, 400, 403, 404, 410, 413, 429, 500, 503);
    fc.assert(
      fc.property(
        fc.oneof(hex, letters),
        status,
        fc.nat(),
        fc.constantFrom(...Object.keys(answers)),
        (token, code, at, row) => {
          const part = token.slice(at % 4);
          for (const reason of [token, part, token.toLowerCase(), `Bad${token}`, row.split(" ")[1]]) {
            for (const body of [JSON.stringify({ reason, timestamp: 1 }), JSON.stringify({ error: token }), token]) {
              const { outcome } = parseAnswer({ status: code, headers: {}, body }, token, 0);
              const text = JSON.stringify(outcome).toLowerCase();
              assert.equal(text.includes(token.toLowerCase()) || text.includes(part.toLowerCase()), false);
            }
          }
        },
      ),
    );
  });

  it("is in no outcome of a request that fails", async () => {
    const ways: readonly ((received: Received) => void)[] = [
      (received) => received.reset(),
      (received) => received.dropConnection(),
      (received) => received.goAwayAfterThis({ code: 1, data: JSON.stringify({ reason: target.token }) }),
      (received) => received.answer(400, "x".repeat(100_000)),
      () => {},
    ];
    for (const react of ways) {
      apns.production.forget();
      apns.production.script(react);
      const quick = { ...once, attemptTimeoutMs: 100 };
      const outcome = await withClient(apns, {}, (client) => client.send(target, message, quick));
      assert.equal(outcome.status, "unavailable");
      assert.equal(JSON.stringify(outcome).includes(target.token), false);
    }
  });
});

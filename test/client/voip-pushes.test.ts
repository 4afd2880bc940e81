import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallableRefusal, callPush, createPhone, endPush, ringId, settled } from "../support/phone.ts";
import { OpenSocket, SilentSocket } from "./sockets.ts";

/** The payload of a VoIP push as React Native gets it from PushKit: the data of FCM's push, beside `aps`. */
const voipPush = (data: Record<string, string> = {}) => ({ aps: {}, ...callPush(data), fromPushKit: true });
const apns = { channel: "apns" } as const;

const openPhone = () => createPhone({ port: 0, WebSocket: OpenSocket });
/** Its PBX does not answer. */
const wakingPhone = () => createPhone({ port: 0, WebSocket: SilentSocket });

type Phone = ReturnType<typeof createPhone>;

/** Moves the clock on, second by second, and lets the phone do what is due. */
async function pass(phone: Phone, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    phone.clock.advance(1_000);
    await settled();
  }
}

const isOver = async ({ callId }: { readonly callId: string }) =>
  ({ callId, status: "ended", ringing: false, reason: "answered_elsewhere" }) as const;

describe("a VoIP push", () => {
  it("is one of FCM with more keys, and rings", async () => {
    const phone = openPhone();
    assert.equal(await phone.client.receivePush(voipPush(), apns), "ringing");
    assert.deepEqual(phone.receipts(), ["received", "ready"]);
    assert.deepEqual([phone.told, phone.client.calls[0]?.callId], [["incoming 홍길동"], ringId]);
  });

  for (const [name, first, second] of [
    ["before", apns, undefined],
    ["after", undefined, apns],
  ] as const) {
    it(`that comes ${name} FCM's alert of the same call rings once`, async () => {
      const phone = openPhone();
      await phone.client.receivePush(voipPush(), first);
      assert.equal(await phone.client.receivePush(voipPush(), second), "ringing");
      assert.deepEqual([phone.told, phone.receipts()], [["incoming 홍길동"], ["received", "ready"]]);
    });

    it(`that comes ${name} FCM's alert of a call that the user declines does not bring it back`, async () => {
      const phone = openPhone();
      await phone.client.receivePush(voipPush(), first);
      await phone.client.decline(ringId);
      assert.equal(await phone.client.receivePush(voipPush(), second), "over");
      assert.deepEqual(phone.told, ["incoming 홍길동", "ended 홍길동 declined"]);
    });
  }

  it("of a call that has ended says that it is over, so that its screen can end at once", async () => {
    const phone = openPhone();
    assert.equal(await phone.client.receivePush(endPush()), "over");
    assert.equal(await phone.client.receivePush(voipPush(), apns), "over");
    assert.deepEqual([phone.told, phone.receipts()], [[], []]);
  });

  it("of the call that is answered here says that it is active, and so does the end of the ringing", async () => {
    const phone = openPhone();
    await phone.client.receivePush(voipPush(), apns);
    await phone.client.answer(ringId);
    assert.equal(await phone.client.receivePush(voipPush()), "active");
    assert.equal(await phone.client.receivePush(endPush("answered")), "active");
    assert.equal(await phone.client.receivePush(endPush("missed")), "over");
  });

  it("that is not about a call is ignored", async () => {
    const phone = openPhone();
    assert.equal(await phone.client.receivePush({ aps: {}, type: "silent" }, apns), "ignored");
    assert.equal(await phone.client.receivePush({ aps: {} }, apns), "ignored");
  });
});

describe("a phone woken by APNs", () => {
  it("asks every three seconds whether the call still rings, and stops when it does not", async () => {
    const phone = openPhone();
    await phone.client.receivePush(voipPush(), apns);
    await pass(phone, 6);
    assert.deepEqual(phone.receipts(), ["received", "ready", "ready", "ready"]);
    phone.service.answer = isOver;
    await pass(phone, 2);
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    await pass(phone, 1);
    assert.deepEqual(phone.told, ["incoming 홍길동", "ended 홍길동 answered_elsewhere"]);
    await pass(phone, 60);
    assert.equal(phone.reports.length, 5);
  });

  it("asks while it still connects, and says why the call is over that its screen shows", async () => {
    const phone = wakingPhone();
    const woken = phone.client.receivePush(voipPush(), apns);
    await settled();
    await pass(phone, 2);
    phone.service.answer = isOver;
    assert.deepEqual(phone.receipts(), ["received"]);
    await pass(phone, 1);
    assert.equal(await woken, "over");
    assert.deepEqual(phone.receipts(), ["received", "received"]);
    assert.deepEqual(phone.told, ["ended 홍길동 answered_elsewhere"]);
  });

  it("asks from the VoIP push on when FCM's came first", async () => {
    const phone = openPhone();
    await phone.client.receivePush(callPush());
    await pass(phone, 10);
    assert.equal(phone.reports.length, 2);
    await phone.client.receivePush(voipPush(), apns);
    await phone.client.receivePush(voipPush(), apns);
    await pass(phone, 3);
    assert.equal(phone.reports.length, 3);
  });

  it("rings on while the service cannot be reached, and goes on asking", async () => {
    const phone = openPhone();
    await phone.client.receivePush(voipPush(), apns);
    phone.service.answer = async () => Promise.reject(new Error("no network"));
    await pass(phone, 9);
    assert.deepEqual([phone.reports.length, phone.told], [5, ["incoming 홍길동"]]);
    phone.service.answer = async () => new Promise<never>(() => undefined);
    await pass(phone, 9);
    assert.deepEqual([phone.reports.length, phone.told], [8, ["incoming 홍길동"]]);
    phone.service.answer = isOver;
    await pass(phone, 3);
    assert.equal(phone.told.at(-1), "ended 홍길동 answered_elsewhere");
  });

  it("stops when the service refuses the call", async () => {
    const phone = openPhone();
    await phone.client.receivePush(voipPush(), apns);
    phone.service.answer = async () => Promise.reject(new CallableRefusal());
    await pass(phone, 3);
    assert.equal(phone.told.at(-1), "ended 홍길동 cancelled");
  });

  const ends: Readonly<Record<string, (phone: Phone) => Promise<unknown>>> = {
    "is answered": async ({ client }) => client.answer(ringId),
    "is declined": async ({ client }) => client.decline(ringId),
    "has ended": async ({ client }) => client.receivePush(endPush()),
    "has rung for its time": async (phone) => pass(phone, 30),
  };
  for (const [name, end] of Object.entries(ends)) {
    it(`asks no more once the call ${name}`, async () => {
      const phone = openPhone();
      await phone.client.receivePush(voipPush(), apns);
      await end(phone);
      const sent = phone.reports.length;
      assert.deepEqual(phone.clock.waits, []);
      await phone.client.receivePush(voipPush(), apns);
      await pass(phone, 60);
      assert.equal(phone.reports.length, sent);
    });
  }
});

describe("a choice on the system's call screen", () => {
  it("before the push has come counts when it comes, and the phone connects", async () => {
    const phone = openPhone();
    await phone.client.answer(ringId.toUpperCase());
    assert.deepEqual([phone.told, phone.reports], [[], []]);
    assert.equal(await phone.client.receivePush(voipPush(), apns), "active");
    assert.deepEqual([phone.told, phone.receipts()], [["answered 홍길동"], ["answered"]]);
    assert.deepEqual([phone.client.calls[0]?.state, phone.client.connection], ["active", "connected"]);
  });

  it("to decline before the push has come is reported, and nothing rings", async () => {
    const phone = openPhone();
    await phone.client.decline(ringId);
    assert.equal(await phone.client.receivePush(voipPush(), apns), "over");
    assert.deepEqual([phone.told, phone.receipts()], [["ended 홍길동 declined"], ["declined"]]);
    assert.equal(phone.client.connection, "disconnected");
    assert.equal(await phone.client.receivePush(callPush()), "over");
    assert.deepEqual(phone.receipts(), ["declined"]);
  });

  it("to answer and to hang up before the push has come declines the call", async () => {
    const phone = openPhone();
    await phone.client.answer(ringId);
    await phone.client.hangUp(ringId);
    await phone.client.answer(ringId);
    assert.equal(await phone.client.receivePush(voipPush(), apns), "over");
    assert.deepEqual([phone.told, phone.receipts()], [["ended 홍길동 declined"], ["declined"]]);
  });

  for (const [choice, stage, receipt, later] of [
    // It never gets to its PBX.
    ["answer", "active", "answered", ["failed", "ended"]],
    ["decline", "over", "declined", []],
  ] as const) {
    it(`to ${choice} while the phone still connects counts at once`, async () => {
      const phone = wakingPhone();
      const woken = phone.client.receivePush(voipPush(), apns);
      await settled();
      await phone.client[choice](ringId.toUpperCase());
      assert.deepEqual(phone.receipts(), ["received", receipt]);
      assert.equal(await phone.client.receivePush(callPush()), stage);
      await pass(phone, 31);
      assert.equal(await woken, "over");
      assert.deepEqual(phone.receipts(), ["received", receipt, ...later]);
    });
  }

  it("comes to nothing when the call has ended before its push comes", async () => {
    const phone = openPhone();
    await phone.client.answer(ringId);
    await phone.client.receivePush(endPush());
    assert.equal(await phone.client.receivePush(voipPush(), apns), "over");
    assert.deepEqual([phone.told, phone.reports], [[], []]);
  });

  it("may write the callId in capitals, as CallKit does", async () => {
    const phone = openPhone();
    await phone.client.receivePush(voipPush(), apns);
    await phone.client.hangUp(ringId.toUpperCase());
    assert.deepEqual(phone.receipts(), ["received", "ready"]);
    await phone.client.answer(ringId.toUpperCase());
    await phone.client.hangUp(ringId.toUpperCase());
    assert.deepEqual(phone.receipts(), ["received", "ready", "answered", "ended"]);
  });

  it("is kept for twenty calls", async () => {
    const phone = openPhone();
    for (let call = 0; call <= 20; call += 1) await phone.client.decline(`call-${call}`);
    assert.equal(await phone.client.receivePush(voipPush({ callId: "call-1" })), "over");
    assert.equal(await phone.client.receivePush(voipPush({ callId: "call-0" })), "ringing");
  });
});

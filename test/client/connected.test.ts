import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallableRefusal, callPush, endPush, newchannel, ringId, settled } from "../support/phone.ts";
import { until } from "../support/until.ts";
import { hangup, startPbx } from "./connected-phone.ts";

const { openPhone, send } = await startPbx();

describe("a phone that is connected", () => {
  it("rings when the PBX announces a call, before any push", async (t) => {
    const phone = await openPhone(t);
    assert.deepEqual(await phone.hear(newchannel()), ["incoming 홍길동"]);
    assert.equal(phone.client.calls[0]?.id, "1763712000.17");
    assert.equal(phone.client.calls[0]?.callId, undefined);
    assert.deepEqual(phone.receipts(), []);
  });

  it("rings for the trunks of every configured prefix", async (t) => {
    const phone = await openPhone(t, { trunkContextPrefix: "from-trunk,trk" });
    const told = await phone.hear(
      newchannel({ Context: "from-trunk-kt" }),
      newchannel({ Context: "other", Linkedid: "2" }),
    );
    assert.deepEqual(told, ["incoming 홍길동"]);
  });

  it("shows the number of a caller without a name", async (t) => {
    const phone = await openPhone(t);
    const told = await phone.hear(
      newchannel({ CallerIDName: "", Linkedid: "1" }),
      newchannel({ CallerIDName: "<unknown>", Linkedid: "2" }),
      newchannel({ CallerIDName: "<unknown>", CallerIDNum: "<unknown>", Linkedid: "3" }),
    );
    assert.deepEqual(told, ["incoming 01012345678", "incoming 01012345678", "incoming "]);
  });

  it("rings once for all channels of a call", async (t) => {
    const phone = await openPhone(t);
    assert.deepEqual(await phone.hear(newchannel(), newchannel({ Uniqueid: "1763712000.18" }), newchannel()), [
      "incoming 홍길동",
    ]);
  });

  it("rings for no other message", async (t) => {
    const phone = await openPhone(t);
    const told = await phone.hear(
      newchannel({}, 2),
      newchannel({ Event: "DialBegin" }),
      newchannel({ Context: "go" }),
      newchannel({ Exten: "s" }),
      newchannel({ Exten: "" }),
      newchannel({ Linkedid: "", Uniqueid: "" }),
      "not JSON",
      "null",
      "[]",
      '{"type":3}',
      '{"type":3,"data":null}',
      Buffer.from(newchannel()),
    );
    assert.deepEqual(told, []);
  });

  it("rings only for its own extens, when it knows them", async (t) => {
    const phone = await openPhone(t, { extens: ["07045144801"] });
    assert.deepEqual(await phone.hear(newchannel({ Exten: "07099999999" }), newchannel({ Linkedid: "5" })), [
      "incoming 홍길동",
    ]);
  });

  it("matches a later push to the call, and reports ready", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.receipts(), ["ready"]);
    assert.equal(phone.told.filter((line) => line === "incoming 홍길동").length, 1);
    assert.deepEqual(
      phone.client.calls.map(({ id, callId }) => [id, callId]),
      [["1763712000.17", ringId]],
    );
  });

  it("matches a later announcement to a push", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    assert.deepEqual(await phone.hear(newchannel()), []);
    assert.equal(phone.client.calls.length, 1);
  });

  it("stops ringing when the service says that the call is over", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    phone.service.answer = async ({ callId }) => ({ callId, status: "ended", ringing: false, reason: "cancelled" });
    await phone.client.receivePush(callPush());
    assert.equal(phone.told.at(-1), "ended 홍길동 cancelled");
  });

  it("stops ringing when the call's first channel hangs up, and not when another does", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    assert.deepEqual(await phone.hear(hangup("1763712000.17", "1763712000.18")), []);
    assert.deepEqual(await phone.hear(hangup()), ["ended 홍길동 cancelled"]);
    assert.deepEqual(await phone.hear(newchannel(), hangup()), []);
  });

  it("stops by itself when it gets no end", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    phone.clock.advance(29_999);
    assert.equal(phone.client.calls.length, 1);
    phone.clock.advance(1);
    assert.equal(phone.told.at(-1), "ended 홍길동 timeout");
  });

  it("accepts a caller and a number as JSON numbers", async (t) => {
    const phone = await openPhone(t, { extens: ["101"] });
    const caller = { CallerIDName: "<unknown>", CallerIDNum: 1012345678 };
    assert.deepEqual(await phone.hear(newchannel({ ...caller, Exten: 101 })), ["incoming 1012345678"]);
    assert.deepEqual(
      phone.client.calls.map(({ exten, number }) => [exten, number]),
      [["101", "1012345678"]],
    );
  });

  it("identifies a call without a Linkedid by its first channel, and handles that one's hangup", async (t) => {
    const phone = await openPhone(t);
    const told = await phone.hear(
      newchannel({ Linkedid: undefined, Uniqueid: "1763712000.20" }),
      newchannel({ Linkedid: "", Uniqueid: "1763712000.20" }),
      newchannel({ Event: "Hangup", Linkedid: undefined, Uniqueid: "1763712000.20" }),
    );
    assert.deepEqual(told, ["incoming 홍길동", "ended 홍길동 cancelled"]);
  });

  it("spells the PBX's ids as the service does, so that a system name in them does not ring a phone twice", async (t) => {
    const phone = await openPhone(t);
    const told = await phone.hear(newchannel({ Linkedid: "본사 1/1763712000.17" }));
    await phone.client.receivePush(callPush({ linkedId: "11763712000.17" }));
    assert.deepEqual([told, phone.client.calls.length], [["incoming 홍길동"], 1]);
    assert.deepEqual(await phone.hear(hangup("본사 1/1763712000.17")), ["ended 홍길동 cancelled"]);
  });

  it("takes the callId of its push for a call that the PBX has announced, as CallKit names it", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.receivePush(callPush(), { channel: "apns" });
    await phone.client.answer(ringId.toUpperCase());
    await phone.client.hangUp(ringId);
    assert.deepEqual(phone.told.slice(-2), ["answered 홍길동", "ended 홍길동 hung_up"]);
  });

  it("applies a choice that came between the PBX's announcement and the push", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.answer(ringId);
    assert.equal(phone.client.calls[0]?.state, "ringing");
    assert.equal(await phone.client.receivePush(callPush(), { channel: "apns" }), "active");
    assert.deepEqual(phone.receipts(), ["answered"]);
  });

  it("stays silent for a call that it had declined before the push, over a restart of the app", async (t) => {
    const texts = new Map<string, string>();
    const storage = {
      getItem: (key: string) => texts.get(key) ?? null,
      setItem: (key: string, value: string) => texts.set(key, value),
    };
    const before = await openPhone(t, { storage });
    await before.hear(newchannel());
    await before.client.decline("1763712000.17");
    await before.client.receivePush(callPush({ pbxRingId: "1763712000.17" }));
    await settled();
    const after = await openPhone(t, { storage });
    assert.equal(await after.client.receivePush(callPush()), "over");
    assert.deepEqual([after.told, after.reports], [[], []]);
  });

  for (const [reason, answersFirst, told, receipts] of [
    ["cancelled", false, ["ended 홍길동 cancelled"], []],
    ["answered_elsewhere", false, ["ended 홍길동 answered_elsewhere"], []],
    [null, false, ["ended 홍길동 cancelled"], []],
    ["answered_elsewhere", true, ["answered 홍길동"], ["answered"]],
    ["missed", true, ["answered 홍길동", "ended 홍길동 missed"], ["answered"]],
  ] as const) {
    const what = `${answersFirst ? "an answered" : "a ringing"} call that only the PBX has announced`;
    it(`obeys an end push as ${reason ?? "without a reason"} that overtakes the push of ${what}`, async (t) => {
      const phone = await openPhone(t);
      await phone.hear(newchannel());
      if (answersFirst) await phone.client.answer("1763712000.17");
      assert.equal(await phone.client.receivePush(endPush(reason)), "over");
      const isKept = answersFirst && reason === "answered_elsewhere";
      assert.equal(await phone.client.receivePush(callPush()), isKept ? "active" : "over");
      assert.deepEqual(
        phone.told.filter((line) => line.includes("홍길동")),
        ["incoming 홍길동", ...told],
      );
      assert.deepEqual(phone.receipts(), receipts);
      assert.equal(await phone.client.receivePush(callPush()), isKept ? "active" : "over");
    });
  }

  it("rings on for the next ring of a call, whose first has ended before its push came", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(endPush("missed"));
    await phone.hear(newchannel());
    assert.equal(await phone.client.receivePush(callPush()), "over");
    assert.equal(phone.client.calls[0]?.state, "ringing");
  });

  it("stops ringing for a channel that came after its end, when the push names that channel", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(endPush("missed"));
    await phone.hear(newchannel());
    assert.equal(await phone.client.receivePush(callPush({ pbxRingId: "1763712000.17" })), "over");
    assert.equal(phone.told.at(-1), "ended 홍길동 missed");
  });

  it("ends a call that was over before the user answered the PBX's announcement of it", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.answer("1763712000.17");
    phone.service.answer = async ({ callId }) => ({ callId, status: "ended", ringing: false, reason: "missed" });
    assert.equal(await phone.client.receivePush(callPush()), "over");
    assert.equal(phone.told.at(-1), "ended 홍길동 missed");
  });

  it("sends the user's decision as soon as the push has come", async (t) => {
    const answering = await openPhone(t);
    const declining = await openPhone(t);
    send(newchannel());
    await until(() => answering.client.calls.length + declining.client.calls.length === 2);
    await answering.client.answer("1763712000.17");
    await declining.client.decline("1763712000.17");
    assert.deepEqual([answering.receipts(), declining.receipts()], [[], []]);
    const push = callPush({ pbxRingId: "1763712000.17" });
    await Promise.all([answering.client.receivePush(push), declining.client.receivePush(push)]);
    assert.deepEqual([answering.receipts(), declining.receipts()], [["answered"], ["declined"]]);
    assert.equal(answering.client.calls[0]?.state, "active");
    assert.deepEqual(declining.told, ["incoming 홍길동", "ended 홍길동 declined"]);
  });
});

describe("several calls on one phone", () => {
  it("announces a second call as waiting while one is active", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.answer(ringId);
    await phone.client.receivePush(callPush({ callId: "ring-2", linkedId: "2", callerName: "김영희" }));
    assert.deepEqual(phone.told, ["incoming 홍길동", "answered 홍길동", "waiting 김영희"]);
    assert.deepEqual(
      phone.client.calls.map(({ name, state, waiting }) => [name, state, waiting]),
      [
        ["홍길동", "active", false],
        ["김영희", "ringing", true],
      ],
    );
    await phone.client.answer("ring-2");
    assert.deepEqual(
      phone.client.calls.map(({ waiting }) => waiting),
      [false, false],
    );
  });

  it("lets two calls ring side by side, and ends one without the other", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.receivePush(callPush({ callId: "ring-2", callerName: "김영희" }));
    await phone.client.decline(ringId);
    assert.deepEqual(phone.told, ["incoming 홍길동", "incoming 김영희", "ended 홍길동 declined"]);
    assert.deepEqual(
      phone.client.calls.map(({ name }) => name),
      ["김영희"],
    );
  });
});

describe("the user's action", () => {
  it("is reported when it is an answer or a hangup", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.answer(ringId);
    await phone.client.hangUp(ringId);
    assert.deepEqual(phone.receipts(), ["ready", "answered", "ended"]);
    assert.deepEqual(phone.told, ["incoming 홍길동", "answered 홍길동", "ended 홍길동 hung_up"]);
  });

  it("is reported when it is a decline", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.decline(ringId);
    assert.deepEqual(phone.receipts(), ["ready", "declined"]);
  });

  it("keeps an answered call beyond its ring time", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.answer(ringId);
    phone.clock.advance(60 * 60 * 1000);
    assert.equal(phone.client.calls[0]?.state, "active");
  });

  it("comes too late when the call ended before it", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    phone.service.answer = async ({ callId }) => ({ callId, status: "ended", ringing: false, reason: "missed" });
    await phone.client.answer(ringId);
    assert.deepEqual(phone.told.slice(1), ["answered 홍길동", "ended 홍길동 missed"]);
  });

  it("is kept when the ringing ends because of it, however late that end comes", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.answer(ringId);
    await phone.client.receivePush(endPush("answered"));
    await phone.client.receivePush(endPush("answered_elsewhere"));
    assert.equal(phone.client.calls[0]?.state, "active");
    assert.deepEqual(await phone.hear(hangup()), ["ended 홍길동 hung_up"]);
  });

  it("is kept when the PBX reports the answer to the service first", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    phone.service.answer = async ({ callId }) => ({ callId, status: "ended", ringing: false, reason: "answered" });
    await phone.client.answer(ringId);
    assert.equal(phone.client.calls[0]?.state, "active");
  });

  for (const reason of ["cancelled", "missed", "declined", "busy", "failed"]) {
    it(`comes too late when the call ends as ${reason} all the same`, async (t) => {
      const phone = await openPhone(t);
      await phone.client.receivePush(callPush());
      await phone.client.answer(ringId);
      await phone.client.receivePush(endPush(reason));
      assert.equal(phone.told.at(-1), `ended 홍길동 ${reason}`);
    });
  }

  it("is ignored once the service says that the call is not this phone's", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    phone.service.answer = async () => Promise.reject(new CallableRefusal());
    await phone.client.answer(ringId);
    assert.deepEqual(phone.receipts(), ["ready", "answered"]);
    assert.equal(phone.told.at(-1), "ended 홍길동 cancelled");
  });

  it("is ignored on a call that does not ring or is not active", async (t) => {
    const phone = await openPhone(t);
    await phone.client.answer("nobody");
    await phone.client.receivePush(callPush());
    await phone.client.hangUp(ringId);
    await phone.client.decline(ringId);
    await phone.client.answer(ringId);
    await phone.client.decline(ringId);
    assert.deepEqual(phone.receipts(), ["ready", "declined"]);
  });

  it("is reported at the second attempt", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    const { answer } = phone.service;
    phone.service.answer = async () => Promise.reject(new Error("no network"));
    const answered = phone.client.answer(ringId);
    await settled();
    phone.service.answer = answer;
    phone.clock.advance(1_000);
    await answered;
    assert.deepEqual(phone.receipts(), ["ready", "answered", "answered"]);
  });
});

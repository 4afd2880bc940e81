import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { callPush, endPush, newchannel, ringId } from "../support/phone.ts";
import { createTimerClock } from "../support/timer-clock.ts";
import { hangup, startPbx } from "./connected-phone.ts";

const { openPhone } = await startPbx();

const linkedId = "1763712000.17";
/** The next channel of the same call on a trunk. */
const nextChannel = (uniqueId = "1763712000.18") => newchannel({ Uniqueid: uniqueId, CallerIDName: "김영희" });
const nextPush = (data: Record<string, string> = {}) => callPush({ callId: "ring-2", callerName: "김영희", ...data });

describe("a second ring of one call", () => {
  it("rings again after the first is over, by its push", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.receivePush(endPush("missed"));
    await phone.client.receivePush(nextPush());
    assert.deepEqual(phone.told.slice(1), ["ended 홍길동 missed", "incoming 김영희"]);
  });

  it("rings again after a first that only the PBX had announced", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    phone.clock.advance(30_000);
    assert.equal(phone.told.at(-1), "ended 홍길동 timeout");
    await phone.client.receivePush(nextPush());
    assert.equal(phone.told.at(-1), "incoming 김영희");
  });

  it("rings again after the first is over, by its channel", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.decline(phone.client.calls[0]!.id);
    assert.deepEqual(await phone.hear(nextChannel(), nextChannel()), ["incoming 김영희"]);
    const [call] = phone.client.calls;
    assert.notEqual(call?.id, linkedId);
    assert.equal(call?.linkedId, linkedId);
    await phone.client.answer(call.id);
    assert.equal(phone.told.at(-1), "answered 김영희");
  });

  it("rings, and is not declined for the user, when the clock was set back after the first was declined", async (t) => {
    const clock = createTimerClock();
    let offset = 0;
    const phone = await openPhone(t, { clock: { ...clock, now: () => clock.now() + offset } });
    await phone.hear(newchannel());
    await phone.client.decline(linkedId);
    clock.advance(31_000);
    offset = -60 * 60_000;
    assert.equal(await phone.client.receivePush(nextPush()), "ringing");
    assert.deepEqual(phone.receipts(), ["ready"]);
  });

  it("rings, and is not declined for the user, when the push of the first never came", async (t) => {
    for (const acts of [["decline"], ["answer", "hangUp"]] as const) {
      const phone = await openPhone(t);
      await phone.hear(newchannel());
      for (const act of acts) await phone.client[act](linkedId);
      phone.clock.advance(10_000);
      for (const pbxRingId of [undefined, "1763712000.17-1763712010123"]) {
        const callId = `ring-${pbxRingId ?? "unnamed"}`;
        const push = nextPush({ callId, ...(pbxRingId !== undefined && { pbxRingId }) });
        assert.equal(await phone.client.receivePush(push), "ringing");
        assert.deepEqual(
          phone.reports.filter((report) => report.callId === callId).map(({ event }) => event),
          ["ready"],
        );
        await phone.client.receivePush(endPush("missed", callId));
      }
      // The first is still kept silent, and gets its choice, by the push that names it.
      assert.equal(await phone.client.receivePush(callPush({ pbxRingId: linkedId })), "over");
      assert.deepEqual(
        phone.reports.filter(({ callId }) => callId === ringId).map(({ event }) => event),
        acts.length === 1 ? ["declined"] : ["answered", "ended"],
      );
    }
  });

  it("gets the push that names no channel, though the first has just been declined", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.decline(linkedId);
    await phone.hear(nextChannel());
    assert.equal(await phone.client.receivePush(callPush({ pbxRingId: "1763712000.17-1763712000123" })), "ringing");
    await phone.client.answer(ringId);
    assert.deepEqual(phone.receipts(), ["ready", "answered"]);
    // It may have been the push of the first.
    assert.equal(await phone.client.receivePush(nextPush()), "ringing");
    assert.deepEqual(phone.receipts(), ["ready", "answered", "ready"]);
  });

  it("is not what the push of the first is, whatever that names, within five seconds of the announcement", async (t) => {
    for (const pbxRingId of [undefined, "1763712000.17-1763712000123"]) {
      const phone = await openPhone(t);
      await phone.hear(newchannel());
      await phone.client.decline(linkedId);
      phone.clock.advance(4900);
      assert.equal(await phone.client.receivePush(callPush(pbxRingId === undefined ? {} : { pbxRingId })), "over");
      assert.deepEqual(phone.receipts(), ["declined"]);
    }
  });

  it("is announced as waiting while the first is active, by its push", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.answer(ringId);
    await phone.client.receivePush(nextPush());
    assert.equal(phone.told.at(-1), "waiting 김영희");
    assert.deepEqual(
      phone.client.calls.map(({ callId, state }) => [callId, state]),
      [
        [ringId, "active"],
        ["ring-2", "ringing"],
      ],
    );
  });

  it("is announced as waiting while the first is active, by its channel", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.receivePush(callPush());
    await phone.client.answer(linkedId);
    assert.deepEqual(await phone.hear(nextChannel()), ["waiting 김영희"]);
    await phone.client.receivePush(nextPush());
    assert.equal(phone.client.calls.length, 2);
  });

  it("joins the first while that rings: a phone rings once for a call", async (t) => {
    const phone = await openPhone(t);
    assert.deepEqual(await phone.hear(newchannel(), nextChannel()), ["incoming 홍길동"]);
    await phone.client.receivePush(callPush({ pbxRingId: "1763712000.17" }));
    assert.equal(phone.client.calls.length, 1);
  });

  it("gets its own receipts: its push names the channel", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.decline(linkedId);
    await phone.hear(nextChannel());
    await phone.client.receivePush(nextPush({ pbxRingId: "1763712000.18" }));
    assert.deepEqual(phone.reports, [{ callId: "ring-2", deviceId: "phone-1", event: "ready" }]);
    await phone.client.receivePush(callPush({ pbxRingId: "1763712000.17" }));
    assert.deepEqual(phone.reports.slice(1), [{ callId: ringId, deviceId: "phone-1", event: "declined" }]);
    assert.deepEqual(
      phone.client.calls.map(({ callId, pbxRingId }) => [callId, pbxRingId]),
      [["ring-2", "1763712000.18"]],
    );
  });

  it("does not reopen the first when messages of that one come late", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.receivePush(endPush());
    assert.deepEqual(await phone.hear(newchannel(), hangup()), []);
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.client.calls, []);
  });

  it("does not reopen the first when that ended before its push, and its channel comes last", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(endPush("answered_elsewhere"));
    assert.equal(await phone.client.receivePush(callPush()), "over");
    assert.deepEqual(await phone.hear(newchannel(), nextChannel(), hangup()), [
      "incoming 김영희",
      "ended 김영희 cancelled",
    ]);
    assert.equal(await phone.client.receivePush(callPush()), "over");
  });

  it("is not taken for the first, whose end and push come while the channel of the second rings", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(endPush());
    assert.deepEqual(await phone.hear(nextChannel()), ["incoming 김영희"]);
    assert.equal(await phone.client.receivePush(callPush({ pbxRingId: linkedId })), "over");
    assert.deepEqual(
      phone.client.calls.map(({ name, state }) => [name, state]),
      [["김영희", "ringing"]],
    );
    assert.equal(await phone.client.receivePush(nextPush()), "ringing");
    assert.equal(phone.client.calls.length, 1);
  });

  it("ends by itself, and does not change the first", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.answer(ringId);
    await phone.client.receivePush(nextPush());
    await phone.client.receivePush(endPush("cancelled", "ring-2"));
    assert.equal(phone.told.at(-1), "ended 김영희 cancelled");
    assert.equal(phone.client.calls[0]?.state, "active");
  });
});

describe("a channel that hangs up", () => {
  it("ends all rings of its call when it is the first channel", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush());
    await phone.client.receivePush(nextPush());
    assert.deepEqual(await phone.hear(hangup()), ["ended 홍길동 cancelled", "ended 김영희 cancelled"]);
  });

  it("ends the ring that it announced, and no other", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel());
    await phone.client.answer(linkedId);
    await phone.hear(nextChannel());
    assert.deepEqual(await phone.hear(hangup(linkedId, "1763712000.18")), ["ended 김영희 cancelled"]);
    assert.equal(phone.client.calls[0]?.state, "active");
  });

  it("ends a ring whose push named the channel", async (t) => {
    const phone = await openPhone(t);
    await phone.client.receivePush(callPush({ pbxRingId: "1763712000.18" }));
    assert.deepEqual(await phone.hear(hangup(linkedId, "1763712000.18")), ["ended 홍길동 cancelled"]);
  });

  it("does not end a ring that another channel announced as well", async (t) => {
    const phone = await openPhone(t);
    await phone.hear(newchannel({ Uniqueid: "1763712000.18" }), newchannel({ Uniqueid: "1763712000.19" }));
    assert.deepEqual(await phone.hear(hangup(linkedId, "1763712000.18")), []);
    assert.deepEqual(await phone.hear(hangup("after-a-transfer", "1763712000.19")), ["ended 홍길동 cancelled"]);
  });
});

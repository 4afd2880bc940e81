import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../support/until.ts";
import { version } from "./asterisk.ts";
import { startPbxWithApp } from "./pbx-with-app.ts";
import type { SipCall } from "./sip-phone.ts";

describe(`a call to an app by SIP on ${version}`, async () => {
  const pbx = await startPbxWithApp();
  const { asterisk, trunk, other, app, desk } = pbx;
  after(() => pbx.stop());
  beforeEach(() => pbx.begin());
  afterEach(() => asterisk.clear());

  /** The statuses that a caller received, without repetitions. */
  const heard = ({ heard: responses }: SipCall) =>
    responses.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);

  /** When the caller first received a status, in milliseconds since the INVITE. */
  const heardAt = (call: SipCall, status: number) => call.heard.find((response) => response.status === status)!.ms;

  it("rings at once, waits until the app is ready, dials it, and ends when the caller hangs up", async () => {
    const result = asterisk.log.fromNow();
    const call = await trunk.call("wait");
    assert.equal(call.status, 180);
    const push = await pbx.pushTo("alice");
    assert.deepEqual([app.calls.length, push["type"], push["exten"]], [0, "incoming_call", "07045144801"]);
    app.manner = "rings";
    const reportedAt = performance.now() - call.startedAt;
    await pbx.report("alice", push, "ready");
    await result(/RESULT READY/);
    const ringing = await app.called();
    assert.ok(ringing.invite.includes(`\r\nX-Pbx-Push-Ring: ${push["pbxRingId"]}\r\n`));
    assert.deepEqual(heard(call), [100, 180]);
    app.answer(ringing);
    await trunk.until(() => call.status === 200);
    await pbx.report("alice", push, "answered");
    assert.deepEqual(heard(call), [100, 180, 200]);
    assert.deepEqual(
      call.heard.map(({ hasMedia }) => hasMedia),
      call.heard.map(({ status }) => status === 200),
    );
    assert.ok(heardAt(call, 180) < reportedAt && reportedAt < heardAt(call, 200));
    trunk.hangUp(call);
    await app.over(ringing);
    await asterisk.untilQuiet();
    const record = await pbx.recordOf(push);
    assert.deepEqual([record.reason, record.rings.length, pbx.pushes("alice").length], ["answered", 1, 1]);
  });

  const outcomes = [
    ["486 Busy Here", 486, "busy"],
    ["603 Decline", 403, "declined"],
    ["480 Temporarily Unavailable", 480, "missed"],
    ["rings", 603, "missed"],
  ] as const;
  for (const [manner, status, reason] of outcomes) {
    it(`ends as ${reason} when the app's phone ${manner === "rings" ? manner : `says ${manner}`}`, async () => {
      app.manner = manner;
      const call = await trunk.call("wait");
      await pbx.report("alice", await pbx.pushTo("alice"), "ready");
      await trunk.over(call);
      const end = await pbx.pushTo("alice", 2);
      const record = await pbx.recordOf(await pbx.pushTo("alice"));
      assert.deepEqual([call.status, end["type"], end["reason"]], [status, "call_ended", reason]);
      assert.deepEqual([record.reason, app.calls.length], [reason, 1]);
      await asterisk.untilQuiet();
      assert.equal(pbx.pushes("alice").length, 2);
    });
  }

  it("ends before the service has answered, when its caller hangs up", async () => {
    pbx.delayPushes("alice", 1500);
    const asked = asterisk.log.fromNow();
    const call = await trunk.call("wait");
    await asked(/CURLOPT\(conntimeout\)/);
    const gaveUpAt = performance.now();
    trunk.hangUp(call);
    await trunk.until(() => call.status === 487);
    assert.ok(performance.now() - gaveUpAt < 1000);
    const [push, end] = [await pbx.pushTo("alice"), await pbx.pushTo("alice", 2)];
    assert.deepEqual([end["callId"], end["reason"]], [push["callId"], "cancelled"]);
    assert.equal((await pbx.recordOf(push)).reason, "cancelled");
    await asterisk.untilQuiet();
    assert.deepEqual([app.calls.length, pbx.pushes("alice").length], [0, 2]);
  });

  it(
    "leaves no app ringing, whenever its caller hangs up: 100 callers, after 5 ms to 20 s",
    { timeout: 120_000 },
    async () => {
      app.manner = "rings";
      const loggedBefore = asterisk.log.text.length;
      const callers = Array.from({ length: 100 }, async (_, nth) => {
        // The 100 calls start within ten seconds. The delays are the callers', and the subject of the test.
        await delay(nth * 100);
        const call = trunk.invite(nth % 2 === 0 ? "wait" : "wake");
        await delay(5 * 4000 ** (nth / 99));
        await trunk.until(() => call.status >= 100);
        const gaveUpAt = performance.now();
        trunk.hangUp(call);
        await trunk.until(() => call.status >= 300);
        return { status: call.status, ms: performance.now() - gaveUpAt };
      });
      const ends = await Promise.all(callers);
      assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set([487]));
      assert.ok(Math.max(...ends.map(({ ms }) => ms)) < 3000, "a caller was held after the CANCEL");
      await asterisk.untilQuiet();
      const silent = () => {
        const pushes = pbx.pushes("alice");
        const of = (type: string) =>
          new Set(pushes.filter((push) => push["type"] === type).map((push) => push["callId"]));
        return of("incoming_call").difference(of("call_ended")).size === 0;
      };
      assert.doesNotMatch(
        asterisk.log.text.slice(loggedBefore),
        /pbx-push: no answer to/,
        "the service must answer every request",
      );
      await until(silent);
      assert.ok(pbx.pushes("alice").length > 100, "too few calls reached the app");
      assert.ok(app.calls.every(({ isOver }) => isOver));
    },
  );

  describe("to a ring group", () => {
    it("of one Dial() is answered by the desk phone, and the app stops ringing", async () => {
      app.manner = "rings";
      const call = await trunk.call("group");
      const [first, second] = [await pbx.pushTo("alice"), await pbx.pushTo("bob")];
      assert.equal(first["pbxRingId"], second["pbxRingId"]);
      await trunk.until(() => call.status === 200);
      assert.equal((await pbx.pushTo("alice", 2))["reason"], "answered_elsewhere");
      assert.match((await app.over(await app.called())).invite, /^INVITE/);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      const record = await pbx.recordOf(first);
      assert.deepEqual([record.rings.length, pbx.pushes("alice").length], [2, 2]);
    });

    for (const legs of ["legs", "short-legs"]) {
      it(`of Local legs ${legs === "legs" ? "with" : "without"} /n rings on when one leg is declined`, async () => {
        app.manner = "rings";
        desk.manner = "rings";
        const call = await trunk.call(legs);
        const [first, second] = [await pbx.pushTo("alice"), await pbx.pushTo("bob")];
        assert.notEqual(first["pbxRingId"], second["pbxRingId"]);
        app.decline(await app.called());
        assert.equal((await pbx.pushTo("alice", 2))["reason"], "busy");
        desk.answer(await desk.called());
        await trunk.until(() => call.status === 200);
        await pbx.report("bob", second, "answered");
        trunk.hangUp(call);
        await asterisk.untilQuiet();
        const record = await pbx.recordOf(first);
        assert.deepEqual([record.rings.length, pbx.pushes("alice").length, pbx.pushes("bob").length], [2, 2, 1]);
      });
    }
  });

  describe("to a queue", () => {
    it("with strategy ringall is answered by one member, and the other stops ringing", async () => {
      app.manner = "rings";
      desk.manner = "rings";
      const call = trunk.invite("ringall");
      const [first] = [await pbx.pushTo("alice"), await pbx.pushTo("bob")];
      await Promise.all([app.called(), desk.called()]);
      desk.answer(desk.calls[0]!);
      await trunk.until(() => call.status === 200);
      assert.match((await pbx.pushTo("alice", 2))["reason"]!, /^(answered_elsewhere|cancelled)$/);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      assert.equal((await pbx.recordOf(first)).rings.length, 2);
    });

    it("of PJSIP members wakes once, and is answered by the desk phone", async () => {
      app.manner = "rings";
      const call = trunk.invite("members");
      const push = await pbx.pushTo("alice");
      await trunk.until(() => call.status === 200);
      assert.equal((await pbx.pushTo("alice", 2))["reason"], "answered_elsewhere");
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      assert.deepEqual([(await pbx.recordOf(push)).rings.length, pbx.pushes("alice").length], [2, 2]);
    });

    it("with strategy linear starts a new ring with each try", async () => {
      app.manner = "rings";
      desk.manner = "rings";
      const call = trunk.invite("linear");
      const [first, , again] = [await pbx.pushTo("alice"), await pbx.pushTo("bob"), await pbx.pushTo("alice", 3)];
      const over = await pbx.pushTo("alice", 2);
      assert.deepEqual([over["type"], over["callId"]], ["call_ended", first["callId"]]);
      assert.notEqual(first["callId"], again["callId"]);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      await until(() => pbx.pushes("alice").length % 2 === 0 && pbx.pushes("bob").length % 2 === 0);
      assert.ok((await pbx.recordOf(first)).rings.length >= 3);
    });
  });

  it("rings the app to which a desk phone redirects it by 302", async () => {
    desk.manner = "302 Moved Temporarily";
    desk.redirectsTo = `sip:wake@127.0.0.1:${pbx.port}`;
    app.manner = "rings";
    const call = await trunk.call("forwarded");
    const push = await pbx.pushTo("alice");
    app.answer(await app.called());
    await trunk.until(() => call.status === 200);
    await pbx.report("alice", push, "answered");
    trunk.hangUp(call);
    await asterisk.untilQuiet();
    assert.deepEqual([(await pbx.recordOf(push)).reason, pbx.pushes("alice").length], ["answered", 1]);
  });

  it("that another phone picks up stops the app", async () => {
    app.manner = "rings";
    const call = await trunk.call("picked");
    const push = await pbx.pushTo("alice");
    const ringing = await app.called();
    const picking = other.invite("picks");
    await Promise.all([other.until(() => picking.status === 200), trunk.until(() => call.status === 200)]);
    await app.over(ringing);
    assert.equal((await pbx.pushTo("alice", 2))["reason"], "answered_elsewhere");
    trunk.hangUp(call);
    await other.over(picking);
    await asterisk.untilQuiet();
    assert.equal((await pbx.recordOf(push)).rings.length, 1);
  });

  describe("by a transfer", () => {
    /** A caller whose call the desk phone has answered. */
    async function talkToDesk(exten = "desk") {
      const call = await trunk.call(exten);
      await trunk.until(() => call.status === 200);
      const atDesk = await desk.called();
      await until(async () => (await asterisk.bridged()).length === 2);
      return { call, atDesk };
    }

    for (const exten of ["desk", "group-desk"]) {
      it(`without consulting, by the callee${exten === "desk" ? "" : ", whose own app has rung"}`, async () => {
        app.manner = "rings";
        const { call, atDesk } = await talkToDesk(exten);
        desk.redirect(atDesk, "wait");
        const push = await pbx.pushTo("alice");
        assert.deepEqual([push["type"], push["exten"]], ["incoming_call", "07045144801"]);
        await pbx.report("alice", push, "ready");
        app.answer(await app.called());
        await until(async () => (await asterisk.bridged()).length === 2);
        await pbx.report("alice", push, "answered");
        trunk.hangUp(call);
        await asterisk.untilQuiet();
        const record = await pbx.recordOf(push);
        assert.equal(record.rings.find(({ exten: rung }) => rung === "07045144801")!["reason"], "answered");
        assert.equal(pbx.pushes("alice").length, 1);
      });
    }

    it("without consulting, by the caller", async () => {
      app.manner = "rings";
      const { call, atDesk } = await talkToDesk();
      trunk.redirect(call, "wake");
      const push = await pbx.pushTo("alice");
      app.answer(await app.called());
      await until(async () => (await asterisk.bridged()).length === 2);
      await pbx.report("alice", push, "answered");
      desk.hangUp(atDesk);
      await asterisk.untilQuiet();
      assert.deepEqual([(await pbx.recordOf(push)).reason, pbx.pushes("alice").length], ["answered", 1]);
    });

    it("after consulting, while the app rings as a queue's member", async () => {
      app.manner = "rings";
      const { call, atDesk } = await talkToDesk();
      const consult = await desk.call("apps");
      const push = await pbx.pushTo("alice");
      const ringing = await app.called();
      desk.transfer(atDesk, consult);
      await desk.over(consult);
      app.answer(ringing);
      // The caller's channel, both halves of the Local leg, the app's phone.
      await until(async () => (await asterisk.bridged()).length === 4);
      await pbx.report("alice", push, "answered");
      assert.equal(ringing.isOver, false);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      const record = await pbx.recordOf(push);
      assert.deepEqual([record.reason, record.rings.length, pbx.pushes("alice").length], ["answered", 1, 1]);
    });

    it("after consulting, while the consult call waits for the app", async () => {
      app.manner = "rings";
      const { call, atDesk } = await talkToDesk();
      const consult = await desk.call("wait");
      const push = await pbx.pushTo("alice");
      desk.transfer(atDesk, consult);
      await desk.over(consult);
      const result = asterisk.log.fromNow();
      await pbx.report("alice", push, "ready");
      await result(/RESULT READY/);
      app.answer(await app.called());
      await until(async () => (await asterisk.bridged()).length === 2);
      await pbx.report("alice", push, "answered");
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      const record = await pbx.recordOf(push);
      assert.deepEqual([record.reason, record.rings.length, pbx.pushes("alice").length], ["answered", 1, 1]);
    });
  });

  it("shows the key in no log, no AMI event and no channel's dump", async () => {
    pbx.delayPushes("alice", 1500);
    const asked = asterisk.log.fromNow();
    const call = await trunk.call("wait");
    await asked(/CURLOPT\(conntimeout\)/);
    const names = await asterisk.channels();
    const dumps = await Promise.all(names.map((name) => asterisk.tell(`core show channel ${name}`)));
    trunk.hangUp(call);
    assert.ok(names.some((name) => name.startsWith("Local/request@pbx-push-request")));
    assert.match(asterisk.log.text, /Executing .*pbx-push-send/);
    assert.match(asterisk.events.text, /Event: Newexten[^]*pbx-push-send/);
    assert.doesNotMatch([asterisk.log.text, asterisk.events.text, ...dumps].join("\n"), /demo-pbx-key/);
  });
});

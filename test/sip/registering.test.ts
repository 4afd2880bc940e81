import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until } from "../support/until.ts";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

/** Upper limits in milliseconds: from the INVITE to the desk phone's, and from a REGISTER to the app's. */
const deskMs = 100;
const appMs = 300;

describe(`a call to an app that registers with SIP on ${version}`, async () => {
  const pbx = await startPbxWithPhones();
  const { asterisk, trunk, desk, mobile, otherMobile, tablet, bobs } = pbx;

  const waits = [
    ["the dialplan", "registers", /PBXPUSH_1_[^\r]*\r\nValue: READY/],
    ["the AGI script", "registers-agi", /PJSIP_DIAL_CONTACTS\(mobile\)/],
  ] as const;
  for (const [by, exten, looksForContacts] of waits) {
    describe(`with a wait by ${by}`, () => {
      it("is READY once the app is ready and has registered", async (t) => {
        mobile.manner = "answers";
        const [result, looking] = [asterisk.log.fromNow(), asterisk.events.fromNow()];
        const before = asterisk.log.text.length;
        const call = await trunk.call(exten);
        await pbx.report("alice", await pbx.pushTo("alice"), "ready");
        await looking(looksForContacts);
        assert.doesNotMatch(asterisk.log.text.slice(before), /RESULT /);
        const registeredAt = performance.now();
        await mobile.register();
        assert.match((await result(/RESULT .*/))[0], /RESULT READY/);
        const ringing = await mobile.called();
        t.diagnostic(`the app's phone rings ${Math.round(ringing.startedAt - registeredAt)} ms after its REGISTER`);
        assert.ok(ringing.startedAt - registeredAt < appMs);
        await trunk.until(() => call.status === 200);
        trunk.hangUp(call);
        await asterisk.untilQuiet();
      });

      it("is READY at once for an app that has registered before", async () => {
        mobile.manner = "answers";
        await mobile.register();
        const call = await trunk.call(exten);
        await pbx.report("alice", await pbx.pushTo("alice"), "ready");
        await trunk.until(() => call.status === 200);
      });

      it("is DECLINED if the user declines before the app has registered", async () => {
        const [result, looking] = [asterisk.log.fromNow(), asterisk.events.fromNow()];
        const call = await trunk.call(exten);
        const push = await pbx.pushTo("alice");
        await pbx.report("alice", push, "ready");
        await looking(looksForContacts);
        const declinedAt = performance.now();
        await pbx.report("alice", push, "declined");
        assert.match((await result(/RESULT .*/))[0], /RESULT DECLINED/);
        assert.ok(performance.now() - declinedAt < 3000);
        await trunk.over(call);
        assert.equal((await pbx.recordOf(push)).reason, "declined");
      });

      it("is TIMEOUT if the app is ready and never registers", async () => {
        await asterisk.write("wait", "3");
        const result = asterisk.log.fromNow();
        await trunk.call(exten);
        await pbx.report("alice", await pbx.pushTo("alice"), "ready");
        assert.match((await result(/RESULT .*/))[0], /RESULT TIMEOUT/);
      });
    });
  }

  describe("as a leg", () => {
    it("rings the desk phone at once, and the app's phone when it has registered; the app answers", async (t) => {
      const call = trunk.invite("joins");
      const atDesk = await desk.called();
      const push = await pbx.pushTo("alice");
      const registeredAt = performance.now();
      await mobile.register();
      const ringing = await mobile.called();
      const [deskAfter, appAfter] = [atDesk.startedAt - call.startedAt, ringing.startedAt - registeredAt];
      t.diagnostic(
        `desk phone: ${Math.round(deskAfter)} ms after the INVITE; app: ${Math.round(appAfter)} ms after its REGISTER`,
      );
      assert.ok(deskAfter < deskMs && appAfter < appMs);
      assert.ok(ringing.invite.includes(`\r\nX-Pbx-Push-Ring: ${push["pbxRingId"]}\r\n`));
      mobile.answer(ringing);
      await Promise.all([trunk.until(() => call.status === 200), desk.over(atDesk)]);
      await pbx.report("alice", push, "answered");
      trunk.hangUp(call);
      await mobile.over(ringing);
      await asterisk.untilQuiet();
      const record = await pbx.recordOf(push);
      assert.deepEqual([record.reason, record.rings.length, pbx.pushes("alice").length], ["answered", 1, 1]);
    });

    it("stops when the desk phone answers", async () => {
      const call = trunk.invite("joins");
      const push = await pbx.pushTo("alice");
      await mobile.register();
      const ringing = await mobile.called();
      desk.answer(await desk.called());
      await Promise.all([trunk.until(() => call.status === 200), mobile.over(ringing)]);
      assert.equal((await pbx.pushTo("alice", 2))["reason"], "answered_elsewhere");
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      assert.equal((await pbx.recordOf(push)).rings.length, 1);
    });

    for (const isRinging of [true, false]) {
      it(`leaves nothing when its caller hangs up ${isRinging ? "while" : "before"} the app's phone rings`, async () => {
        const call = trunk.invite("joins");
        await pbx.pushTo("alice");
        if (isRinging) {
          await mobile.register();
          await mobile.called();
        }
        const gaveUpAt = performance.now();
        trunk.hangUp(call);
        assert.equal((await pbx.pushTo("alice", 2))["reason"], "cancelled");
        await asterisk.untilQuiet();
        assert.ok(performance.now() - gaveUpAt < 3000);
        assert.ok([desk, mobile].every(({ calls }) => calls.every(({ isOver }) => isOver)));
      });
    }

    it("also rings a second phone that registers later, and the first answer wins", async () => {
      const call = trunk.invite("joins-alone");
      await pbx.pushTo("alice");
      await mobile.register();
      const first = await mobile.called();
      await tablet.register();
      const second = await tablet.called();
      assert.equal(first.isOver, false);
      tablet.answer(second);
      await Promise.all([trunk.until(() => call.status === 200), mobile.over(first)]);
      trunk.hangUp(call);
      await tablet.over(second);
      await asterisk.untilQuiet();
      assert.deepEqual([mobile.calls.length, tablet.calls.length], [1, 1]);
    });

    it("rings a phone again whose registration changes", async (t) => {
      const call = trunk.invite("joins-alone");
      await pbx.pushTo("alice");
      await mobile.register();
      await mobile.called();
      await mobile.register(0);
      const registeredAt = performance.now();
      await otherMobile.register();
      const again = await otherMobile.called();
      t.diagnostic(`rings again ${Math.round(again.startedAt - registeredAt)} ms after the new REGISTER`);
      assert.ok(again.startedAt - registeredAt < appMs);
      otherMobile.answer(again);
      await trunk.until(() => call.status === 200);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
    });

    for (const [by, status] of [
      ["486 Busy Here", 486],
      ["603 Decline", 403],
    ] as const) {
      it(`ends at once when the user declines by SIP ${by}`, async () => {
        const call = trunk.invite("joins-alone");
        const push = await pbx.pushTo("alice");
        await mobile.register();
        const ringing = await mobile.called();
        await trunk.until(() => call.status === 180);
        const declinedAt = performance.now();
        mobile.decline(ringing, by);
        await trunk.over(call);
        assert.ok(performance.now() - declinedAt < 1000);
        assert.equal(call.status, status);
        assert.equal((await pbx.recordOf(push)).reason, "declined");
        await asterisk.untilQuiet();
      });
    }

    it("ends at once when the app reports that the user has declined", async () => {
      const call = trunk.invite("joins-alone");
      const push = await pbx.pushTo("alice");
      await pbx.report("alice", push, "ready");
      await mobile.register();
      const ringing = await mobile.called();
      const declinedAt = performance.now();
      await pbx.report("alice", push, "declined");
      await Promise.all([trunk.over(call), mobile.over(ringing)]);
      assert.ok(performance.now() - declinedAt < 3000);
      assert.deepEqual([call.status, (await pbx.recordOf(push)).reason], [486, "declined"]);
      await asterisk.untilQuiet();
    });

    it("rings on when one of two phones declines", async () => {
      const call = trunk.invite("joins-alone");
      await pbx.pushTo("alice");
      await mobile.register();
      await tablet.register();
      const [first, second] = [await mobile.called(), await tablet.called()];
      mobile.decline(first);
      tablet.answer(second);
      await trunk.until(() => call.status === 200);
    });

    it("ends at once when two phones decline at the same moment", async () => {
      await mobile.register();
      // The two phones are dialled by two channels. Each leaves on a thread of its own, and only some pairs collide.
      for (let nth = 1; nth <= 20; nth += 1) {
        const call = trunk.invite("joins-alone");
        const first = await mobile.called(nth);
        await tablet.register();
        const second = await tablet.called(nth);
        await trunk.until(() => call.status === 180);
        const declinedAt = performance.now();
        mobile.decline(first);
        tablet.decline(second);
        await trunk.over(call);
        assert.ok(performance.now() - declinedAt < 3000, `pair ${nth}`);
        await tablet.register(0);
      }
      await asterisk.untilQuiet();
    });

    it("dials the phones of its own endpoints only, whatever contact a phone registers", async () => {
      await mobile.register(300, ";x=&PJSIP/desk");
      const call = trunk.invite("joins-alone");
      const ringing = await mobile.called();
      await trunk.until(() => call.status === 180);
      assert.deepEqual(desk.calls, []);
      trunk.hangUp(call);
      await mobile.over(ringing);
      await asterisk.untilQuiet();
      assert.deepEqual(desk.calls, []);
    });

    it("rings the app of the number to which its phone transfers the caller", async () => {
      const call = trunk.invite("joins-alone");
      await pbx.pushTo("alice");
      await mobile.register();
      const atMobile = await mobile.called();
      mobile.answer(atMobile);
      await until(async () => (await asterisk.bridged()).length === 4);
      mobile.redirect(atMobile, "joins-another");
      await pbx.pushTo("bob");
      await bobs.register();
      bobs.answer(await bobs.called());
      await until(async () => (await asterisk.bridged()).some(({ name }) => name.startsWith("PJSIP/0702")));
      assert.equal(mobile.calls.length, 1);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
    });

    it("stops the app when a phone of the endpoint answers that has no app", async () => {
      const call = trunk.invite("joins-alone");
      const push = await pbx.pushTo("alice");
      await tablet.register();
      tablet.answer(await tablet.called());
      await trunk.until(() => call.status === 200);
      assert.equal((await pbx.pushTo("alice", 2))["reason"], "answered_elsewhere");
      assert.equal(call.isOver, false);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      assert.equal((await pbx.recordOf(push)).rings.length, 1);
    });

    it("with PBXPUSH_LATE=no rings no phone that registers later, and needs no further channel", async () => {
      const call = trunk.invite("joins-once");
      await pbx.pushTo("alice");
      await mobile.register();
      const ringing = await mobile.called();
      assert.ok(!(await asterisk.channels()).some((name) => name.includes("pbx-push-late")));
      mobile.decline(ringing);
      await trunk.over(call);
      assert.equal(call.status, 486);
    });

    it("ends at once when no phone can be woken and none has registered", async () => {
      const call = trunk.invite("joins-nobody");
      await trunk.over(call);
      assert.ok(call.overAt! - call.startedAt < 3000);
      await asterisk.untilQuiet();
    });
  });
});

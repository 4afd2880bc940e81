import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { until } from "../support/until.ts";
import { startRingRecorder, type Asked } from "../asterisk/ring-recorder.ts";
import { root, startAsterisk, version } from "./asterisk.ts";
import { SipPhone } from "./sip-phone.ts";
import { buildSipParts } from "./pjsip.ts";

const parking =
  "[general]\n[default]\nparkpos=701-720\nparkingtime=1\ncomebacktoorigin=no\ncomebackcontext=parked-back\n";

describe(`a ring of SIP calls on ${version}`, async () => {
  const recorder = await startRingRecorder();
  const phones = await Promise.all(["trunk", "desk", "app"].map((name) => SipPhone.start(name)));
  const [trunk, desk, app] = phones as [SipPhone, SipPhone, SipPhone];
  const mobile = await SipPhone.start("mobile");
  const scenarios = await readFile(join(import.meta.dirname, "transfers.conf"), "utf8");
  const settings = `[general]\nkey = demo\nurl_1 = ${recorder.url}\nbudget_seconds = 8\n`;
  const sip = await buildSipParts(phones, "sip", [mobile]);
  const asterisk = await startAsterisk(scenarios, settings, {
    modules: [...(sip.modules ?? []), "format_pcm", "res_parking"],
    files: { ...sip.files, "features.conf": "[general]\n[featuremap]\natxfer => *2\n", "res_parking.conf": parking },
  });
  // 300 ms. Without its announcement Asterisk does not read the target of a transfer by keys.
  await writeFile(join(root, "usr/share/asterisk/sounds/pbx-transfer.ulaw"), Buffer.alloc(2400, 0xff));
  after(async () => {
    await asterisk.stop();
    for (const phone of [...phones, mobile]) phone.close();
    await recorder.close();
  });
  beforeEach(() => {
    recorder.clear();
    app.manner = "rings";
    mobile.manner = "rings";
    for (const phone of [...phones, mobile]) phone.calls.splice(0);
  });
  afterEach(() => asterisk.clear());

  const ringOf = ({ form }: Asked) => form["ring_id"]!;

  /** A caller whose call the desk phone has answered. */
  async function talkToDesk(exten = "desk") {
    const calling = await trunk.call(exten);
    const atDesk = await desk.called();
    await until(async () => (await asterisk.bridged()).length === 2);
    return { calling, atDesk };
  }

  describe("that still rings when the desk phone transfers the caller to its target", () => {
    it("goes on with its ring_id, and its answer arrives", async () => {
      const logged = asterisk.log.fromNow();
      const { calling, atDesk } = await talkToDesk();
      const consult = await desk.call("wait");
      const announced = await recorder.announcement(2);
      await recorder.held();
      desk.transfer(atDesk, consult);
      await until(() => consult.isOver);
      assert.equal(ringOf(await recorder.held(2)), ringOf(announced));
      recorder.decide("READY");
      await logged(/RESULT READY/);
      await app.called();
      assert.equal(recorder.ended().length, 0);
      trunk.hangUp(calling);
      const { path, form } = await recorder.end();
      assert.equal(path, `/calls/${announced.form["call_id"]}/end`);
      assert.deepEqual(form, { ring_id: ringOf(announced), dialstatus: "CANCEL" });
      await asterisk.clear();
      assert.deepEqual([recorder.announced().length, recorder.ended().length], [2, 1]);
    });

    it("goes on during its announcement", async () => {
      const answer = recorder.delay();
      const logged = asterisk.log.fromNow();
      const { calling, atDesk } = await talkToDesk();
      const consult = await desk.call("wait");
      const announced = await recorder.announcement(2);
      desk.transfer(atDesk, consult);
      const again = [await recorder.announcement(3), await recorder.announcement(4)];
      assert.deepEqual(new Set(again.map(ringOf)), new Set([ringOf(announced)]));
      answer();
      await recorder.held();
      recorder.decide("READY");
      await logged(/RESULT READY/);
      trunk.hangUp(calling);
      assert.equal(ringOf(await recorder.end()), ringOf(announced));
    });

    for (const what of ["the phone declines", "the transferee hangs up"]) {
      it(`goes on while it waits for a registration, until ${what}`, async () => {
        recorder.decide("READY");
        const { calling, atDesk } = await talkToDesk();
        const looking = asterisk.log.fromNow();
        const consult = await desk.call("registers");
        const announced = await recorder.announcement();
        await looking(/WaitForCondition\([^\n]*PJSIP_DIAL_CONTACTS/);
        const lookingAgain = asterisk.log.fromNow();
        desk.transfer(atDesk, consult);
        await until(() => consult.isOver);
        await lookingAgain(/WaitForCondition\([^\n]*PJSIP_DIAL_CONTACTS/);
        const logged = asterisk.log.fromNow();
        if (what === "the phone declines") {
          recorder.decide("DECLINED");
          await logged(/RESULT DECLINED/);
        }
        assert.equal(recorder.ended().length, 0);
        trunk.hangUp(calling);
        assert.equal(ringOf(await recorder.end()), ringOf(announced));
        await asterisk.clear();
        assert.deepEqual([recorder.announced().length, recorder.ended().length], [1, 1]);
      });
    }

    it("goes on during the dial, until the transferee hangs up", async () => {
      const { calling, atDesk } = await talkToDesk();
      const consult = await desk.call("wake");
      const announced = await recorder.announcement();
      await app.called();
      const logged = asterisk.log.fromNow();
      desk.transfer(atDesk, consult);
      await logged(/Executing \[h@in-a-routine:1\]/);
      await until(() => consult.isOver);
      assert.equal(recorder.ended().length, 0);
      trunk.hangUp(calling);
      assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(announced), dialstatus: "CANCEL" });
      await asterisk.clear();
      assert.equal(recorder.ended().length, 1);
    });

    it("goes on during the dial, until the dialplan ends it", async () => {
      const { atDesk } = await talkToDesk();
      const consult = await desk.call("wake");
      const announced = await recorder.announcement();
      const ringing = await app.called();
      const logged = asterisk.log.fromNow();
      desk.transfer(atDesk, consult);
      await until(() => consult.isOver);
      app.decline(ringing);
      await logged(/VOICEMAIL/);
      assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(announced), dialstatus: "BUSY" });
      await asterisk.clear();
      assert.equal(recorder.ended().length, 1);
    });

    it("goes on for a transferee that had a ring of its own", async () => {
      const { calling, atDesk } = await talkToDesk("app-desk");
      const own = await recorder.announcement();
      const consult = await desk.call("wake");
      const announced = await recorder.announcement(2);
      await app.called();
      desk.transfer(atDesk, consult);
      await until(() => consult.isOver);
      trunk.hangUp(calling);
      assert.notEqual(ringOf(own), ringOf(announced));
      assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(announced), dialstatus: "CANCEL" });
    });

    it("goes on in the AGI script", async () => {
      const logged = asterisk.log.fromNow();
      const { calling, atDesk } = await talkToDesk();
      const consult = await desk.call("agi");
      const announced = await recorder.announcement(2);
      await recorder.held();
      desk.transfer(atDesk, consult);
      await until(() => consult.isOver);
      recorder.decide("READY");
      await logged(/RESULT READY/);
      await app.called();
      assert.equal(recorder.ended().length, 0);
      trunk.hangUp(calling);
      assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(announced), dialstatus: "CANCEL" });
    });
  });

  it("ends once when a consulted phone that has answered gets the caller", async () => {
    app.manner = "answers";
    const { atDesk } = await talkToDesk();
    const consult = await desk.call("wake");
    const announced = await recorder.announcement();
    await until(async () => (await asterisk.bridged()).length === 4);
    desk.transfer(atDesk, consult);
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(announced), dialstatus: "ANSWER" });
    await asterisk.clear();
    assert.equal(recorder.ended().length, 1);
  });

  it("is a new one after a blind transfer by the callee", async () => {
    const { calling, atDesk } = await talkToDesk("app-desk");
    const first = await recorder.announcement();
    desk.redirect(atDesk, "wake");
    const second = await recorder.announcement(2);
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(first), dialstatus: "ANSWER" });
    assert.equal(first.form["call_id"], second.form["call_id"]);
    await app.called();
    trunk.hangUp(calling);
    assert.deepEqual((await recorder.end(2)).form, { ring_id: ringOf(second), dialstatus: "CANCEL" });
  });

  for (const answeredBy of ["leg", "through-leg"]) {
    it(`is over for the service before the ring of the number begins to which the phone of ${answeredBy} transfers its caller`, async () => {
      recorder.decide("READY");
      const phone = answeredBy === "leg" ? mobile : desk;
      await mobile.register();
      const calling = await trunk.call(answeredBy);
      const first = await recorder.announcement();
      const ringing = await phone.called();
      if (answeredBy === "leg") phone.answer(ringing);
      await until(async () => (await asterisk.bridged()).length === 4);
      phone.redirect(ringing, "other-leg");
      const second = await recorder.announcement(2);
      const { path, form } = await recorder.end();
      assert.deepEqual(recorder.ended().map(ringOf), [ringOf(first)]);
      assert.equal(path, `/calls/${first.form["call_id"]}/end`);
      assert.deepEqual(form, { ring_id: ringOf(first), dialstatus: "ANSWER" });
      assert.equal(second.form["exten"], "1002");
      await app.called();
      trunk.hangUp(calling);
      await recorder.until(() => recorder.ended().some((end) => ringOf(end) === ringOf(second)));
      await mobile.register(0);
    });
  }

  for (const [target, count] of [
    ["wake", 1],
    ["wait", 2],
  ] as const) {
    it(`of ${target} is announced after the end of the answered one on the same channel, for all its numbers`, async () => {
      recorder.decide("READY");
      await mobile.register();
      const calling = await trunk.call("leg");
      const first = await recorder.announcement();
      const ringing = await mobile.called();
      mobile.answer(ringing);
      await until(async () => (await asterisk.bridged()).length === 4);
      const goOn = recorder.delayEnds();
      mobile.redirect(ringing, target);
      assert.equal(ringOf(await recorder.end()), ringOf(first));
      const toldAt = performance.now();
      await recorder.announcement(2);
      assert.ok(performance.now() - toldAt > 1000);
      await recorder.announcement(1 + count);
      goOn();
      trunk.hangUp(calling);
      await asterisk.untilQuiet();
      await mobile.register(0);
    });
  }

  it("of a transfer's target is announced soon, if the service does not answer the end of the ring before", async () => {
    recorder.decide("READY");
    const goOn = recorder.delayEnds();
    await mobile.register();
    const calling = await trunk.call("leg");
    await recorder.announcement();
    const ringing = await mobile.called();
    mobile.answer(ringing);
    await until(async () => (await asterisk.bridged()).length === 4);
    const transferredAt = performance.now();
    mobile.redirect(ringing, "other-leg");
    const second = await recorder.announcement(2);
    const ms = performance.now() - transferredAt;
    assert.ok(ms < 3000, `announced after ${ms} ms`);
    goOn();
    await app.called();
    trunk.hangUp(calling);
    await recorder.until(() => recorder.ended().some((end) => ringOf(end) === ringOf(second)));
    await mobile.register(0);
  });

  for (const when of ["rings", "has answered"]) {
    it(`goes on when the desk phone has transferred by its keys, and hangs up once the app ${when}`, async () => {
      const { calling, atDesk } = await talkToDesk();
      const prompted = asterisk.log.fromNow();
      desk.press(atDesk, "*2");
      // After the announcement, when it would play the dial tone.
      await prompted(/no dial for indications/);
      desk.press(atDesk, "8");
      const announced = await recorder.announcement();
      const ringing = await app.called();
      if (when === "has answered") {
        app.answer(ringing);
        // The caller's channel, the desk phone's, both halves of the Local leg, the app's phone.
        await until(async () => (await asterisk.bridged()).length === 5);
      }
      const left = asterisk.log.fromNow();
      desk.hangUp(atDesk);
      await left(/Channel PJSIP\/desk-\w+ left/);
      if (when === "rings") {
        assert.deepEqual([recorder.ended().length, ringing.isOver], [0, false]);
        app.answer(ringing);
      }
      await until(async () => (await asterisk.bridged()).some(({ name }) => name.startsWith("PJSIP/app")));
      assert.equal(recorder.ended().length, 0);
      trunk.hangUp(calling);
      await app.over(ringing);
      assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(announced), dialstatus: "ANSWER" });
      await asterisk.clear();
      assert.deepEqual([recorder.announced().length, recorder.ended().length], [1, 1]);
    });
  }

  it("is a new one when a call that the desk phone has parked comes back", async () => {
    const { calling, atDesk } = await talkToDesk("app-desk");
    const own = await recorder.announcement();
    desk.redirect(atDesk, "park");
    const announced = await recorder.announcement(2);
    await app.called();
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(own), dialstatus: "ANSWER" });
    assert.equal(announced.form["call_id"], own.form["call_id"]);
    trunk.hangUp(calling);
    assert.deepEqual((await recorder.end(2)).form, { ring_id: ringOf(announced), dialstatus: "CANCEL" });
  });

  it("is named in the INVITE to the phone", async () => {
    const calling = trunk.call("wait");
    const announced = await recorder.announcement();
    await recorder.held();
    recorder.decide("READY");
    const { invite } = await app.called();
    assert.match(ringOf(announced), /^[0-9.]+-\d{16}$/);
    assert.equal(/^X-Pbx-Push-Ring: (.*)\r$/m.exec(invite)?.[1], ringOf(announced));
    await calling;
  });
});

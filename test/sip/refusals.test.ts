import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { addPhone } from "../support/line.ts";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

/** When a leg ends because its phones or its user refuse, and when it goes on. */
describe(`a leg that is refused on ${version}`, async () => {
  const pbx = await startPbxWithPhones();
  const { asterisk, functions, trunk, desk, mobile, otherMobile, tablet } = pbx;

  for (const own of [["mobile"], ["tablet"], ["mobile", "tablet"]]) {
    it(`ends when the user declines in the app, and a phone beside it rings on; its own: ${own.join(", ")}`, async () => {
      const registered = [mobile, tablet].filter(({ name }) => own.includes(name));
      await Promise.all(registered.map((phone) => phone.register()));
      const call = trunk.invite("joins");
      const push = await pbx.pushTo("alice");
      const [atDesk, ...inLeg] = await Promise.all([desk, ...registered].map((phone) => phone.called()));
      await pbx.report("alice", push, "declined");
      await Promise.all(registered.map((phone, index) => phone.over(inLeg[index]!)));
      assert.deepEqual([call.isOver, atDesk!.isOver], [false, false]);
      desk.answer(atDesk!);
      await trunk.until(() => call.status === 200);
    });
  }

  it("goes on when one of the user's two apps declines", async () => {
    await addPhone(functions, "phone-2");
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    const ringing = await mobile.called();
    await pbx.report("alice", push, "declined");
    assert.equal((await pbx.ringOf(push)).status, "notified");
    assert.equal(ringing.isOver, false);
    mobile.answer(ringing);
    await trunk.until(() => call.status === 200);
  });

  for (const status of ["486 Busy Here", "480 Temporarily Unavailable", "603 Decline"] as const) {
    it(`waits for the app's phone when a phone of another endpoint refuses at once by ${status}`, async () => {
      tablet.manner = status;
      await tablet.register();
      const left = asterisk.log.fromNow();
      const call = trunk.invite("joins-alone");
      await pbx.pushTo("alice");
      await tablet.called();
      await left(/left@pbx-push-joined:\d+\] Return/);
      await mobile.register();
      mobile.answer(await mobile.called());
      await trunk.until(() => call.status === 200);
    });
  }

  it("ends when a phone of another endpoint refuses at once, and then the user declines in the app", async () => {
    tablet.manner = "486 Busy Here";
    await tablet.register();
    const left = asterisk.log.fromNow();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    await left(/left@pbx-push-joined:\d+\] Return/);
    assert.equal(call.isOver, false);
    await pbx.report("alice", push, "declined");
    await trunk.over(call);
    assert.equal((await pbx.recordOf(push)).reason, "declined");
  });

  it("ends when phones of all its endpoints refuse at once", async () => {
    for (const phone of [mobile, tablet]) phone.manner = "486 Busy Here";
    await Promise.all([mobile.register(), tablet.register()]);
    const call = trunk.invite("joins-alone");
    await trunk.over(call);
    assert.equal(call.status, 486);
    assert.ok(call.overAt! - call.startedAt < 3000);
  });

  it("ends when its phone refuses at once whose endpoint was given twice", async () => {
    mobile.manner = "486 Busy Here";
    await mobile.register();
    const call = trunk.invite("joins-double");
    await trunk.over(call);
    assert.ok(call.overAt! - call.startedAt < 3000);
  });

  it("is not declined by phones that all refuse at once by 603", async () => {
    for (const phone of [mobile, tablet]) phone.manner = "603 Decline";
    await Promise.all([mobile.register(), tablet.register()]);
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    await trunk.over(call);
    assert.notEqual((await pbx.recordOf(push)).reason, "declined");
  });

  it("waits for the app's phone when contacts of all its endpoints are forbidden to answer", async () => {
    for (const phone of [mobile, tablet]) phone.manner = "403 Forbidden";
    await Promise.all([mobile.register(), tablet.register()]);
    const left = asterisk.log.fromNow();
    const call = trunk.invite("joins-alone");
    await Promise.all([mobile.called(), tablet.called()]);
    await left(/left@pbx-push-joined:\d+\] Return[^]*left@pbx-push-joined:\d+\] Return/);
    otherMobile.manner = "answers";
    await otherMobile.register();
    await trunk.until(() => call.status === 200);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });

  it("ends when the user declines on a phone that plays its own ringing", async () => {
    mobile.manner = "plays ringing";
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    const ringing = await mobile.called();
    // What refuses earlier may be a phone in do-not-disturb.
    await delay(3000);
    mobile.decline(ringing);
    await trunk.over(call);
    assert.equal((await pbx.recordOf(push)).reason, "declined");
  });

  it("ends when its phone refuses at once, and no app can be woken", async () => {
    tablet.manner = "486 Busy Here";
    await tablet.register();
    const call = trunk.invite("joins-appless");
    await trunk.over(call);
    assert.ok(call.overAt! - call.startedAt < 5000);
    await asterisk.untilQuiet();
  });

  it("ends when the user declines in the app whose phone has registered anew", async () => {
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    await mobile.called();
    await mobile.register(0);
    await otherMobile.register();
    await otherMobile.called();
    await pbx.report("alice", push, "declined");
    await trunk.over(call);
    assert.equal(call.status, 486);
  });
});

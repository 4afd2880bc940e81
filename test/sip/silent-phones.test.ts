import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

/** A phone that is there has answered its INVITE by then, also on a bad network. */
const answersWithinMs = 2100;
const answersLateWithinMs = 8100;

describe(`a leg with a contact where nothing answers, on ${version}`, async () => {
  const pbx = await startPbxWithPhones();
  const { asterisk, trunk, mobile, otherMobile, tablet } = pbx;

  it("ends when the user declines by SIP on the phone that has registered anew", async () => {
    mobile.manner = "is silent";
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    await mobile.called();
    await otherMobile.register();
    const ringing = await otherMobile.called();
    await delay(answersWithinMs);
    const declinedAt = performance.now();
    otherMobile.decline(ringing);
    await trunk.over(call);
    assert.ok(call.overAt! - declinedAt < 2000);
    assert.deepEqual([call.status, (await pbx.recordOf(push)).reason], [486, "declined"]);
    await asterisk.untilQuiet();
  });

  it("ends soon after the user has declined by SIP at once", async () => {
    mobile.manner = "is silent";
    otherMobile.manner = "rings";
    await Promise.all([mobile.register(), otherMobile.register()]);
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    const [ringing] = await Promise.all([otherMobile.called(), mobile.called()]);
    const declinedAt = performance.now();
    otherMobile.decline(ringing);
    await trunk.over(call);
    assert.ok(call.overAt! - declinedAt < 5000);
    assert.deepEqual([call.status, (await pbx.recordOf(push)).reason], [486, "declined"]);
    await asterisk.untilQuiet();
  });

  it("ends soon when no app can be woken", async () => {
    mobile.manner = "is silent";
    await mobile.register();
    const call = trunk.invite("joins-appless");
    await trunk.over(call);
    assert.ok(call.overAt! - call.startedAt < 12_000);
    await asterisk.untilQuiet();
  });

  it("ends soon when no app can be woken, and a contact where nothing answers has come later", async () => {
    mobile.manner = "is silent";
    otherMobile.manner = "is silent";
    await mobile.register();
    const call = trunk.invite("joins-appless");
    await mobile.called();
    await delay(2000);
    await otherMobile.register();
    await trunk.over(call);
    assert.ok(call.overAt! - call.startedAt < 15_000);
    await asterisk.untilQuiet();
  });

  it("goes on when no app can be woken, and a phone that has rung after three seconds", async () => {
    mobile.manner = "is silent";
    await mobile.register();
    const call = trunk.invite("joins-appless");
    const ringing = await mobile.called();
    await delay(3000);
    mobile.ring(ringing);
    await delay(answersLateWithinMs - 2000);
    mobile.answer(ringing);
    await trunk.until(() => call.status === 200);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });

  for (const manner of ["rings", "plays ringing"] as const) {
    it(`goes on when another phone of it ${manner}, and the user declines by SIP`, async () => {
      mobile.manner = "is silent";
      otherMobile.manner = manner;
      await Promise.all([mobile.register(), otherMobile.register(), tablet.register()]);
      const call = trunk.invite("joins-alone");
      const [ringing, declining] = await Promise.all([otherMobile.called(), tablet.called(), mobile.called()]);
      await delay(answersWithinMs);
      const left = asterisk.log.fromNow();
      tablet.decline(declining);
      await left(/left@pbx-push-joined:\d+\] Return/);
      otherMobile.answer(ringing);
      await trunk.until(() => call.status === 200);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
    });
  }
});

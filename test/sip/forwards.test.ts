import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

/** How a leg ends whose phone forwards the call by a 302. */
describe(`a leg that a phone has forwarded on ${version}`, async () => {
  const pbx = await startPbxWithPhones();
  const { asterisk, trunk, desk, mobile, tablet } = pbx;

  it("ends when it was to a number that does not exist, and the user declines in the app", async () => {
    mobile.manner = "302 Moved Temporarily";
    mobile.redirectsTo = `sip:nowhere@127.0.0.1:${pbx.port}`;
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    await mobile.called();
    await pbx.report("alice", push, "declined");
    await trunk.over(call);
    assert.ok(call.overAt! - call.startedAt < 5000);
  });

  it("goes on when the caller talks, and the user declines in the app", async () => {
    mobile.manner = "302 Moved Temporarily";
    mobile.redirectsTo = `sip:forwarded@127.0.0.1:${pbx.port}`;
    desk.manner = "answers";
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    await trunk.until(() => call.status === 200);
    const asked = asterisk.log.fromNow();
    await pbx.report("alice", push, "declined");
    const [then] = await asked(/PBXPUSH_ANSWER=DECLINED[^]*?(?:PBXPUSH_IDLE|ChannelRedirect\()/);
    assert.doesNotMatch(then, /ChannelRedirect/);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });

  for (const [when, manner] of [
    ["at once", "302 Moved Temporarily"],
    ["after it has rung", "rings"],
  ] as const) {
    it(`goes on when the target rings, and the user declines in the app: ${when}`, async () => {
      mobile.manner = manner;
      mobile.redirectsTo = `sip:forwarded@127.0.0.1:${pbx.port}`;
      await mobile.register();
      const call = trunk.invite("joins-alone");
      const push = await pbx.pushTo("alice");
      const atMobile = await mobile.called();
      if (manner === "rings") mobile.decline(atMobile, "302 Moved Temporarily");
      const atDesk = await desk.called();
      const asked = asterisk.log.fromNow();
      await pbx.report("alice", push, "declined");
      await asked(/PBXPUSH_ANSWER=DECLINED[^]*?(?:PBXPUSH_IDLE|ChannelRedirect\()/);
      assert.deepEqual([call.isOver, atDesk.isOver], [false, false]);
      desk.answer(atDesk);
      await trunk.until(() => call.status === 200);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
    });
  }

  for (const to of ["nowhere", "forwarded"]) {
    it(`no longer rings another phone of it when the user declines in the app: to ${to}`, async () => {
      tablet.manner = "302 Moved Temporarily";
      tablet.redirectsTo = `sip:${to}@127.0.0.1:${pbx.port}`;
      await Promise.all([tablet.register(), mobile.register()]);
      const call = trunk.invite("joins-alone");
      const push = await pbx.pushTo("alice");
      const [atMobile] = await Promise.all([mobile.called(), tablet.called()]);
      const atDesk = to === "forwarded" ? await desk.called() : undefined;
      await pbx.report("alice", push, "declined");
      await mobile.over(atMobile);
      if (atDesk === undefined) {
        await trunk.over(call);
        assert.deepEqual([call.status, (await pbx.recordOf(push)).reason], [486, "declined"]);
        return;
      }
      desk.answer(atDesk);
      await trunk.until(() => call.status === 200);
      trunk.hangUp(call);
      await asterisk.untilQuiet();
    });
  }
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startBase } from "../asterisk/base-url-server.ts";
import { addPhone } from "../support/line.ts";
import { until } from "../support/until.ts";
import { version } from "./asterisk.ts";
import { startPbxWithApp } from "./pbx-with-app.ts";

/** When a leg that waits for phones goes on, and when it is over. */
describe(`a leg on ${version}`, async () => {
  const pbx = await startPbxWithApp({ modules: ["func_shell"] });
  const { asterisk, functions, trunk, desk, mobile, otherMobile, tablet, bobs } = pbx;
  const phones = [mobile, otherMobile, tablet, bobs];
  const dead = await startBase(() => undefined);
  await dead.close();
  after(() => pbx.stop());
  beforeEach(async () => {
    await pbx.begin();
    for (const phone of phones) phone.manner = "rings";
  });
  afterEach(async () => {
    await asterisk.clear();
    for (const phone of phones) await phone.register(0);
  });

  /** Lets the service refuse all connections until a request of the dialplan has given up. */
  async function failOnce(): Promise<void> {
    const failed = asterisk.log.fromNow();
    await pbx.useBases(dead.url);
    await failed(/no answer to [^\n]*ERROR no_answer/);
    await pbx.useBases(functions.urls.pbx);
  }

  it("hears after an outage of the service that the user declines in the app", async () => {
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    const ringing = await mobile.called();
    await pbx.report("alice", push, "ready");
    await failOnce();
    await pbx.report("alice", push, "declined");
    await Promise.all([trunk.over(call), mobile.over(ringing)]);
    assert.equal(call.status, 486);
  });

  it("that waits for a registration is READY for an app that registers after an outage", async () => {
    mobile.manner = "answers";
    const [result, looking] = [asterisk.log.fromNow(), asterisk.events.fromNow()];
    const call = await trunk.call("registers");
    await pbx.report("alice", await pbx.pushTo("alice"), "ready");
    await looking(/PBXPUSH_1_[^\r]*\r\nValue: READY/);
    await failOnce();
    await mobile.register();
    assert.match((await result(/RESULT .*/))[0], /RESULT READY/);
    await trunk.until(() => call.status === 200);
  });

  it("rings a phone anew though no app can be woken, and ends when both have declined", async () => {
    await mobile.register();
    const taken = asterisk.log.fromNow();
    const call = trunk.invite("joins-appless");
    const first = await mobile.called();
    await taken(/PBXPUSH_ANSWER=NAK no_devices/);
    const looking = asterisk.log.fromNow();
    await mobile.register(0);
    await looking(/s@pbx-push-late:\d+\] WaitForCondition/);
    await otherMobile.register();
    const second = await otherMobile.called();
    mobile.decline(first);
    otherMobile.decline(second);
    await trunk.over(call);
    await asterisk.untilQuiet();
  });

  for (const own of [["mobile"], ["tablet"], ["mobile", "tablet"]]) {
    it(`ends when the user declines in the app, and a phone beside it rings on; its own: ${own.join(", ")}`, async () => {
      desk.manner = "rings";
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

  it("ends when the pushes fail after the service has said that they are on their way", async (t) => {
    const failing = await startBase((response, { method, url }) =>
      response.end(method === "GET" ? "FAILED\n" : url?.includes("/end") ? "ENDED 0\n" : "WAKING\n"),
    );
    t.after(() => failing.close());
    await pbx.useBases(failing.url);
    const call = trunk.invite("joins-alone");
    await trunk.over(call);
    assert.ok(call.overAt! - call.startedAt < 5000);
    await asterisk.untilQuiet();
  });

  it("ends when a phone has forwarded the call to a number that does not exist, and the user declines in the app", async () => {
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

  it("ends when its phone refuses at once, and no app can be woken", async () => {
    tablet.manner = "486 Busy Here";
    await tablet.register();
    const call = trunk.invite("joins-appless");
    await trunk.over(call);
    assert.ok(call.overAt! - call.startedAt < 5000);
    await asterisk.untilQuiet();
  });

  it("leaves the next ring alone when the app reports late that it answered, before its phone transferred the caller", async () => {
    await Promise.all([mobile.register(), bobs.register()]);
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
    const atMobile = await mobile.called();
    mobile.answer(atMobile);
    await until(async () => (await asterisk.bridged()).length === 4);
    mobile.redirect(atMobile, "joins-another");
    const atBob = await bobs.called();
    const toBob = await pbx.pushTo("bob");
    await pbx.report("alice", push, "answered");
    assert.equal((await pbx.ringOf(toBob)).status, "notified");
    assert.equal(atBob.isOver, false);
    bobs.answer(atBob);
    await until(async () => (await asterisk.bridged()).some(({ name }) => name.startsWith("PJSIP/0702")));
    trunk.hangUp(call);
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

  it("rings a phone anew that registers while the first one has the last word", async (t) => {
    const pack = await readFile(new URL("../../asterisk/pbx-push.conf", import.meta.url), "utf8");
    const use = async (dialplan: string) => {
      await asterisk.write("pbx-push.conf", dialplan);
      await asterisk.tell("dialplan reload");
    };
    t.after(() => use(pack));
    const slowed = pack.replace(/(\[pbx-push-over\][^]*?\(silent\).*\n)/, "$1 same => n,Set(SLOW=${SHELL(sleep 1)})\n");
    assert.notEqual(slowed, pack);
    await use(slowed);
    await mobile.register();
    const call = trunk.invite("joins-alone");
    await pbx.report("alice", await pbx.pushTo("alice"), "ready");
    const first = await mobile.called();
    const [deciding, decided] = [asterisk.log.fromNow(), asterisk.log.fromNow()];
    mobile.decline(first);
    await deciding(/left@pbx-push-joined:\d+\] Gosub/);
    await tablet.register();
    const second = await tablet.called();
    await decided(/left@pbx-push-joined:\d+\] Return/);
    // The dialplan asks the service each second, and looks for new contacts far more often.
    for (let times = 0; times < 2; times += 1) await asterisk.log.fromNow()(/PBXPUSH_ANSWER=READY/);
    await tablet.register(0);
    await otherMobile.register();
    const third = await otherMobile.called();
    tablet.decline(second);
    otherMobile.decline(third);
    await trunk.over(call);
    await asterisk.untilQuiet();
  });

  it("rings a phone anew that registered while the first one declined", async () => {
    for (let nth = 1; nth <= 10; nth += 1) {
      const [rung, rungAnew] = [tablet.calls.length, otherMobile.calls.length];
      await mobile.register();
      const call = trunk.invite("joins-alone");
      const first = await mobile.called(nth);
      await trunk.until(() => call.status === 180);
      const registered = tablet.register();
      await delay(nth * 10);
      mobile.decline(first);
      await registered;
      await Promise.race([trunk.over(call), tablet.called(rung + 1)]);
      if (tablet.calls.length > rung) {
        await tablet.register(0);
        await otherMobile.register(300, `;n=${nth}`);
        await otherMobile.called(rungAnew + 1);
        await otherMobile.register(0, `;n=${nth}`);
      }
      trunk.hangUp(call);
      await asterisk.untilQuiet();
      await tablet.register(0);
    }
  });

  it("wakes the app after an outage of some seconds at its beginning", async () => {
    await pbx.useBases(dead.url);
    await mobile.register();
    const call = trunk.invite("joins-alone");
    await mobile.called();
    for (let times = 0; times < 2; times += 1) await asterisk.log.fromNow()(/s@pbx-push-send:\d+\] Wait/);
    await pbx.useBases(functions.urls.pbx);
    await pbx.pushTo("alice");
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });

  it("does not ask again and again when the base URL that has answered is gone from the settings", async () => {
    await pbx.useBases(dead.url, functions.urls.pbx);
    await mobile.register();
    const call = trunk.invite("joins-alone");
    await pbx.pushTo("alice");
    await pbx.useBases(dead.url);
    const from = asterisk.log.text.length;
    trunk.hangUp(call);
    await asterisk.untilQuiet();
    const asked = asterisk.log.text.slice(from).matchAll(/CURLOPT\(httptimeout\)=/g);
    assert.ok([...asked].length < 20);
  });

  it("goes on when a phone has forwarded the caller, who talks, and the user declines in the app", async () => {
    mobile.manner = "302 Moved Temporarily";
    mobile.redirectsTo = `sip:forwarded@127.0.0.1:${pbx.port}`;
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

  it("goes on when a phone has forwarded the call, whose target rings, and the user declines in the app", async () => {
    mobile.manner = "302 Moved Temporarily";
    mobile.redirectsTo = `sip:forwarded@127.0.0.1:${pbx.port}`;
    desk.manner = "rings";
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const push = await pbx.pushTo("alice");
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

  it("gives up on a service that takes the call and falls silent, long before a ring of a minute is over", async (t) => {
    const silent = await startBase((response, { method }) => method === "POST" && response.end("NOTIFIED 1\n"));
    t.after(() => silent.close());
    await pbx.useBases(silent.url);
    const before = asterisk.log.text.length;
    const asked = asterisk.log.fromNow();
    const call = trunk.invite("joins-long");
    await asked(/NOTIFIED 1[^]*CURLOPT\(httptimeout\)=/);
    const limits = [...asterisk.log.text.slice(before).matchAll(/CURLOPT\(httptimeout\)=([\d.]+)/g)];
    assert.ok(limits.length > 1 && limits.every(([, seconds]) => Number(seconds) < 30));
    trunk.hangUp(call);
    await silent.close();
  });
});

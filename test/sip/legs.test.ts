import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startBase } from "../asterisk/base-url-server.ts";
import { until } from "../support/until.ts";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

/** What a leg does while the service fails, and while phones register anew. */
describe(`a leg on ${version}`, async () => {
  const pbx = await startPbxWithPhones({ modules: ["func_shell"] });
  const { asterisk, functions, trunk, mobile, otherMobile, tablet, bobs } = pbx;
  const dead = await startBase(() => undefined);
  await dead.close();

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

  it("does not say of the next user that he has declined, when its own user has, and another phone transfers the caller", async () => {
    await Promise.all([mobile.register(), tablet.register()]);
    const call = trunk.invite("joins-alone");
    const [atMobile, atTablet] = await Promise.all([mobile.called(), tablet.called()]);
    const left = asterisk.log.fromNow();
    await trunk.until(() => call.status === 180);
    tablet.decline(atTablet);
    await left(/left@pbx-push-joined:\d+\] Return/);
    mobile.answer(atMobile);
    await until(async () => (await asterisk.bridged()).length === 4);
    await bobs.register();
    mobile.redirect(atMobile, "wakes-another");
    const toBob = await pbx.pushTo("bob");
    await until(async () => (await pbx.ringOf(toBob)).status === "ended");
    assert.notEqual((await pbx.ringOf(toBob))["reason"], "declined");
    await asterisk.untilQuiet();
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
});

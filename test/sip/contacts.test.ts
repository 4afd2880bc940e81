import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";
import type { SipCall, SipPhone } from "./sip-phone.ts";

/** Upper limits: milliseconds from a REGISTER to the phone's INVITE, and how often a leg may look for contacts meanwhile. */
const appMs = 300;
const rounds = 10;

describe(`the contacts of an app's phones on ${version}`, async () => {
  const pbx = await startPbxWithPhones();
  const { asterisk, trunk, other, desk, mobile, otherMobile, tablet, bobs } = pbx;

  /** How often legs have looked for contacts since. */
  const looksSince = (start: number) =>
    asterisk.log.text.slice(start).match(/Executing \[s@pbx-push-late:\d+\] WaitForCondition/g)?.length ?? 0;

  /** Makes a call beside a leg that rings, and checks that Asterisk serves both. */
  async function serves(leg: SipCall, start: number): Promise<void> {
    const registeredAt = performance.now();
    await bobs.register();
    assert.ok(performance.now() - registeredAt < 1000, "a REGISTER of another user is slow");
    const call = await other.call("plain");
    assert.equal(call.status, 180);
    other.hangUp(call);
    trunk.hangUp(leg);
    await asterisk.untilQuiet();
    assert.ok(looksSince(start) < rounds, `looked ${looksSince(start)} times`);
    assert.ok(!asterisk.log.text.slice(start).includes("syntax error"), "a contact is part of an expression");
  }

  it("may be several of one endpoint: all ring, one that comes later too, and other calls go on", async () => {
    await mobile.register();
    await otherMobile.register();
    const start = asterisk.log.text.length;
    const leg = trunk.invite("joins-alone");
    await Promise.all([mobile.called(), otherMobile.called()]);
    const registeredAt = performance.now();
    await tablet.register();
    assert.ok((await tablet.called()).startedAt - registeredAt < appMs);
    await serves(leg, start);
  });

  it("that only leave let other calls go on", async () => {
    await mobile.register();
    await tablet.register();
    const start = asterisk.log.text.length;
    const leg = trunk.invite("joins-alone");
    await Promise.all([mobile.called(), tablet.called()]);
    await mobile.register(0);
    await tablet.register(0);
    await serves(leg, start);
  });

  const odd = [';x="a"', ';x="a b"', ";x=&y", ';x="a\\"b"', ';x="[\\]"', ';x="a\\&b"', ";x=[", ";x=)(", ";x=):9"];
  for (const parameters of odd) {
    it(`may have ${parameters}, and other calls go on`, () => rings(parameters));
  }

  const plain = [...Array.from("ab0-_.!~*'()[]/:&+$"), "%22"];
  const escaped = ["\\\\", '\\"', "\\[", "\\]", "\\&", "\\,", "\\a"];
  const valueOf = (units: readonly string[]) =>
    fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength: 120 });
  const value = fc.oneof(
    valueOf(plain),
    valueOf([...plain, ...escaped]).map((text) => `"${text}"`),
  );
  it("may have anything that a URI may have, and other calls go on", { timeout: 110_000 }, () =>
    fc.assert(
      fc.asyncProperty(value, (text) => rings(`;x=${text}`)),
      { numRuns: 15, endOnFailure: true },
    ),
  );

  /** Registers with a contact that Asterisk may refuse, and a later phone rings beside it. */
  async function rings(parameters: string): Promise<void> {
    const [start, nth] = [asterisk.log.text.length, tablet.calls.length + 1];
    await mobile.register(300, parameters);
    const leg = trunk.invite("joins-alone");
    await trunk.until(() => leg.status === 180);
    const registeredAt = performance.now();
    await tablet.register();
    assert.ok((await tablet.called(nth)).startedAt - registeredAt < appMs);
    // Without this header, Dial() has lost its options.
    for (const { invite } of [...mobile.calls, ...tablet.calls]) assert.match(invite, /\r\nX-Pbx-Push-Ring: /);
    await serves(leg, start);
    await mobile.register(0, parameters);
    await tablet.register(0);
  }

  it("may change often in one ring, however long they are", async () => {
    const leg = trunk.invite("joins-long");
    await pbx.pushTo("alice");
    for (let nth = 1; nth <= 24; nth += 1) {
      const parameters = `;n=${nth};x=${"a".repeat(180)}`;
      await mobile.register(300, parameters);
      await mobile.called(nth);
      await mobile.register(0, parameters);
    }
    const start = asterisk.log.text.length;
    assert.equal(mobile.calls.length, 24);
    await serves(leg, start);
  });

  it("may go and come a dozen times, and a new phone still rings at once", async () => {
    await mobile.register();
    const leg = trunk.invite("joins-long");
    await mobile.called();
    const start = asterisk.log.text.length;
    const hasChanged = () => asterisk.log.text.slice(start).includes("PBXPUSH_ROUND=12");
    for (let seconds = 0; !hasChanged(); seconds = 300 - seconds) await mobile.register(seconds);
    const registeredAt = performance.now();
    await tablet.register();
    assert.ok((await tablet.called()).startedAt - registeredAt < appMs);
    assert.equal(mobile.calls.length, 1);
    trunk.hangUp(leg);
    await asterisk.untilQuiet();
  });

  describe("of 235 bytes", () => {
    const several = Array.from({ length: 20 }, (_, index) => index);

    /** What follows a phone's URI in its n-th contact. */
    const parametersOf = ({ uri }: SipPhone, nth: number) => `;n=${nth};x=`.padEnd(235 - uri.length, "a");

    async function registerSeveral(phone: SipPhone, count: number): Promise<void> {
      for (const nth of several.slice(0, count)) await phone.register(300, parametersOf(phone, nth));
    }

    it("ring all, twelve of each of two endpoints", async () => {
      await registerSeveral(mobile, 12);
      await registerSeveral(tablet, 12);
      const start = asterisk.log.text.length;
      const leg = trunk.invite("joins-alone");
      await Promise.all([mobile.called(12), tablet.called(12)]);
      assert.ok(!asterisk.log.text.slice(start).includes("trailing parenthesis"));
      await otherMobile.register();
      await otherMobile.called();
      await serves(leg, start);
      assert.deepEqual([mobile.calls.length, tablet.calls.length], [12, 12]);
    });

    it("ring as far as Asterisk lists them, twenty of one endpoint, and so does another endpoint", async () => {
      await registerSeveral(mobile, 20);
      await tablet.register();
      const start = asterisk.log.text.length;
      const leg = trunk.invite("joins-alone");
      await Promise.all([mobile.called(15), tablet.called()]);
      await serves(leg, start);
      // A contact that is cut off has another n, or none.
      const own = new Set(several.map((nth) => `${mobile.uri}${parametersOf(mobile, nth)}`));
      for (const { invite } of mobile.calls) assert.ok(own.has(/^INVITE (\S+) /.exec(invite)![1]!));
    });

    it("ring all without phones that register later", async () => {
      await registerSeveral(mobile, 12);
      await registerSeveral(tablet, 12);
      const leg = trunk.invite("joins-once");
      await Promise.all([mobile.called(12), tablet.called(12)]);
      trunk.hangUp(leg);
      await asterisk.untilQuiet();
    });
  });

  it("of a hostile phone keep no caller waiting who waits for a registration", async () => {
    await mobile.register(300, ';x="a"');
    const result = asterisk.log.fromNow();
    const call = await trunk.call("registers");
    await pbx.report("alice", await pbx.pushTo("alice"), "ready");
    assert.match((await result(/RESULT .*/))[0], /RESULT READY/);
    trunk.hangUp(call);
  });

  for (const exten of ["joins-code", "joins-misnamed"]) {
    it(`are those of the named endpoint only: ${exten}`, async () => {
      await Promise.all([bobs.register(), mobile.register()]);
      const start = asterisk.log.text.length;
      const leg = trunk.invite(exten);
      await desk.called();
      await serves(leg, start);
      assert.deepEqual([bobs.calls.length, mobile.calls.length], [0, 0]);
    });
  }

  for (const exten of ["misnamed", "misnamed-agi"]) {
    it(`of another endpoint end no wait: ${exten}`, async () => {
      await mobile.register();
      await asterisk.write("wait", "3");
      const result = asterisk.log.fromNow();
      const call = await trunk.call(exten);
      await pbx.report("alice", await pbx.pushTo("alice"), "ready");
      assert.match((await result(/RESULT .*/))[0], /RESULT TIMEOUT/);
      trunk.hangUp(call);
    });
  }
});

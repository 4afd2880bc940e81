import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { alice, bob, demoKey, startFunctions } from "../support/functions.ts";
import { addLine, addPhone, exten, pushesTo, resetState } from "../support/line.ts";
import { until } from "../support/until.ts";
import { startBase } from "../asterisk/base-url-server.ts";
import { hostileCallers } from "../asterisk/callers.ts";
import { root, startAsterisk, version, type Asterisk } from "./asterisk.ts";

describe(`the dialplan on ${version}`, async () => {
  const functions = await startFunctions();
  const url = await functions.servePbx(functions.services);
  const own = await startBase((response, request) => response.end(request.headers.authorization ?? "without a key"));
  /** A base URL that accepts requests and never answers. */
  const silent = await startBase(() => undefined);
  const dead = await startBase(() => undefined);
  await dead.close();
  const settingsOf = (...urls: string[]) =>
    [
      "[general]",
      `key = ${demoKey}`,
      ...urls.map((base, index) => `url_${index + 1} = ${base}`),
      "budget_seconds = 8",
    ].join("\n");
  const asterisk: Asterisk = await startAsterisk(
    await readFile(join(import.meta.dirname, "dialplan.conf"), "utf8"),
    settingsOf(url),
  );
  after(async () => {
    await asterisk.stop();
    await Promise.all([own.close(), silent.close(), functions.close()]);
  });
  afterEach(() => asterisk.clear());
  beforeEach(async () => {
    await resetState(functions);
    await asterisk.write("pbx-push-settings.conf", settingsOf(url));
    await asterisk.write("own-url", own.url);
    await setCaller({});
  });

  /** Sets the caller of the next call. */
  async function setCaller(call: {
    name?: string | Buffer;
    number?: string;
    presentation?: string;
    to?: string;
    wait?: string;
  }) {
    await asterisk.write("name", call.name ?? "홍길동");
    await asterisk.write("number", call.number ?? "01012345678");
    await asterisk.write("presentation", call.presentation ?? "allowed");
    await asterisk.write("exten", call.to ?? exten);
    await asterisk.write("wait", call.wait ?? "20");
  }

  /** Waits for the n-th push to a phone; returns its data. */
  async function pushTo(token: string, n = 1): Promise<Record<string, string>> {
    await until(() => functions.fcm.messages(token).length >= n);
    return pushesTo(functions, token)[n - 1].data;
  }

  const report = (callId: string, event: string) =>
    functions.call("reportCall", alice, { callId, deviceId: "phone-1", event });

  it("wakes the phones beside the call, and ends their ringing when the caller hangs up", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 2000 });
    const logged = asterisk.log.fromNow();
    await asterisk.call("wake");
    await logged(/WOKEN/);
    assert.equal(functions.fcm.messages(token).length, 0, "the dialplan must go on before the push is sent");
    const { type, callerId, callerName, linkedId } = await pushTo(token!);
    assert.deepEqual([type, callerId, callerName], ["incoming_call", "01012345678", "홍길동"]);
    await asterisk.hangUp();
    assert.equal((await pushTo(token!, 2))["reason"], "cancelled");
    assert.equal((await functions.pbx("GET", `/calls/${linkedId}`)).body.reason, "cancelled");
  });

  describe("sends the caller", () => {
    const file = "/tmp/pbx-push-was-here";
    const seen = join(root, file);
    for (const { title, name, shown } of hostileCallers(file)) {
      it(title, async () => {
        const [token] = await addLine(functions, 1);
        await setCaller({ name, number: '+82-10(1234)5;$(id):5"' });
        await asterisk.call("wake");
        const { callerId, callerName } = await pushTo(token!);
        assert.deepEqual([callerId, callerName], ["+821012345", shown]);
        assert.equal(existsSync(seen), false, "a command was run");
      });
    }

    it("as empty when the number is withheld", async () => {
      const [token] = await addLine(functions, 1);
      await setCaller({ presentation: "prohib_passed_screen" });
      await asterisk.call("wake");
      const { callerId, callerName } = await pushTo(token!);
      await asterisk.hangUp();
      assert.deepEqual([callerId, callerName], ["", ""]);
    });

    it("not at all for a hostile dialled number", async () => {
      const [token] = await addLine(functions, 1);
      await setCaller({ to: `${exten}';touch x)$(id)\${SHELL(touch x)}` });
      const logged = asterisk.log.fromNow();
      await asterisk.call("wait");
      assert.match((await logged(/RESULT .*/))[0], /RESULT ERROR DETAIL ERROR no_exten/);
      assert.equal(functions.fcm.messages(token).length, 0);
    });
  });

  describe("a wait", () => {
    const outcomes = [
      ["ready", "READY"],
      ["declined", "DECLINED"],
      ["answered", "ANSWERED"],
    ] as const;
    for (const [event, result] of outcomes) {
      it(`ends at once when the phone reports ${event}`, async () => {
        const [token] = await addLine(functions, 1);
        const logged = asterisk.log.fromNow();
        await asterisk.call("wait");
        const { callId } = await pushTo(token!);
        await report(callId!, event);
        const reportedAt = performance.now();
        assert.equal((await logged(/RESULT (\S+)/))[1], result);
        assert.ok(performance.now() - reportedAt < 3000);
      });
    }

    it("answers NAK at once when there is no phone", async () => {
      const logged = asterisk.log.fromNow();
      const calledAt = performance.now();
      await asterisk.call("wait");
      assert.match((await logged(/RESULT .*/))[0], /RESULT NAK DETAIL NAK no_devices/);
      assert.ok(performance.now() - calledAt < 3000);
    });

    it("ends with TIMEOUT within its budget, and the call goes on", async () => {
      await addLine(functions, 1);
      await setCaller({ wait: "3" });
      const logged = asterisk.log.fromNow();
      const calledAt = performance.now();
      await asterisk.call("wait");
      assert.equal((await logged(/RESULT (\S+)/))[1], "TIMEOUT");
      assert.ok(performance.now() - calledAt < 3500);
      await logged(/answered/);
    });

    it("ends at once when the caller hangs up, and the phones stop ringing", async () => {
      const [token] = await addLine(functions, 1);
      await asterisk.call("wait");
      await pushTo(token!);
      const hungUpAt = performance.now();
      await asterisk.hangUp();
      assert.equal((await pushTo(token!, 2))["reason"], "cancelled");
      assert.ok(performance.now() - hungUpAt < 4000);
    });

    for (const [title, first, limit] of [
      ["a base URL that refuses", dead.url, 3000],
      ["a base URL that does not answer", silent.url, 9000],
    ] as const) {
      it(`skips ${title}`, async () => {
        const [token] = await addLine(functions, 1);
        await asterisk.write("pbx-push-settings.conf", settingsOf(first, url));
        await setCaller({ wait: "15" });
        const logged = asterisk.log.fromNow();
        const calledAt = performance.now();
        await asterisk.call("wait");
        const { callId } = await pushTo(token!);
        await report(callId!, "ready");
        assert.equal((await logged(/RESULT (\S+)/))[1], "READY");
        assert.ok(performance.now() - calledAt < limit);
      });
    }

    it("ends with ERROR within its budget when no base URL answers", async () => {
      await asterisk.write("pbx-push-settings.conf", settingsOf(dead.url, silent.url));
      await setCaller({ wait: "3" });
      const logged = asterisk.log.fromNow();
      const calledAt = performance.now();
      await asterisk.call("wait");
      assert.match((await logged(/RESULT .*/))[0], /RESULT ERROR/);
      assert.ok(performance.now() - calledAt < 4000);
    });

    for (const to of [`0702&${exten}&0703`, `${exten}&`, `&${exten}`, `${exten}&&`, `${exten}&${exten}`]) {
      it(`covers a ring group as a whole: ${to}`, async () => {
        const [token] = await addLine(functions, 1);
        await setCaller({ to });
        const logged = asterisk.log.fromNow();
        await asterisk.call("wait");
        const { callId } = await pushTo(token!);
        await report(callId!, "ready");
        assert.equal((await logged(/RESULT (\S+)/))[1], "READY");
      });
    }

    it("leaves no key to another CURL() on the caller's channel", async () => {
      const logged = asterisk.log.fromNow();
      await asterisk.call("wait");
      assert.equal((await logged(/OWN (.*)"\)/))[1], "without a key");
    });
  });

  it("refuses a key that others can read, and logs why", async () => {
    const [token] = await addLine(functions, 1);
    await asterisk.write("pbx-push-settings.conf", settingsOf(url), 0o640);
    const logged = asterisk.log.fromNow();
    await asterisk.call("wait");
    assert.match((await logged(/RESULT .*/))[0], /RESULT ERROR DETAIL ERROR key_file/);
    await logged(/must exist and be readable by its owner only/);
    await asterisk.hangUp();
    assert.equal(functions.fcm.messages(token).length, 0);
  });

  it("sends no key over plain HTTP to another machine", async () => {
    await asterisk.write("pbx-push-settings.conf", settingsOf("http://192.0.2.1:80"));
    const logged = asterisk.log.fromNow();
    await asterisk.call("wait");
    await logged(/RESULT ERROR/);
    await logged(/must begin with https/);
  });

  it("stops the phones when a desk phone has answered, but not when a phone has reported the answer", async () => {
    const [token] = await addLine(functions, 1);
    await asterisk.call("desk");
    await pushTo(token!);
    assert.equal((await pushTo(token!, 2))["reason"], "answered_elsewhere");
    await asterisk.clear();

    await resetState(functions);
    const [answering] = await addLine(functions, 1);
    const logged = asterisk.log.fromNow();
    await asterisk.call("desk");
    const { callId, linkedId } = await pushTo(answering!);
    await report(callId!, "answered");
    await logged(/answered@pbx-push-request:5\] Hangup/);
    assert.equal((await functions.pbx("GET", `/calls/${linkedId}`)).body.status, "answered");
    await asterisk.hangUp();
    await logged(/reply\)=ENDED 0/);
    assert.equal(functions.fcm.messages(answering).length, 1);
  });

  it("stops the phones before voicemail, and not again", async () => {
    const [token] = await addLine(functions, 1);
    const logged = asterisk.log.fromNow();
    await asterisk.call("busy");
    await logged(/VOICEMAIL/);
    assert.equal((await pushTo(token!, 2))["reason"], "busy");
    await asterisk.hangUp();
    assert.equal(functions.fcm.messages(token).length, 2);
  });

  it("ends the ring of a caller who leaves a queue", async () => {
    const [token] = await addLine(functions, 1);
    await asterisk.call("queue");
    await pushTo(token!);
    await asterisk.hangUp();
    assert.equal((await pushTo(token!, 2))["reason"], "cancelled");
  });

  it("lets a ring group ring on when one of its legs is busy", async () => {
    const [token] = await addLine(functions, 1);
    await functions.pbx("PUT", "/lines/0702", { uid: bob.uid });
    const other = await addPhone(functions, "bobs", bob);
    await asterisk.call("group");
    await Promise.all([pushTo(token!), pushTo(other)]);
    assert.equal((await pushTo(token!, 2))["reason"], "busy");
    assert.equal(functions.fcm.messages(other).length, 1);
    await asterisk.hangUp();
    assert.equal((await pushTo(other, 2))["reason"], "cancelled");
  });

  it("logs that it was given no number", async () => {
    await setCaller({ to: "sales" });
    const logged = asterisk.log.fromNow();
    await asterisk.call("wait");
    assert.match((await logged(/RESULT .*/))[0], /RESULT ERROR DETAIL ERROR no_exten/);
  });

  describe("the AGI script", () => {
    it("holds the caller until a phone is ready, and ends the ringing at the hangup", async () => {
      const [token] = await addLine(functions, 1);
      await setCaller({ name: 'x) y:z \\ "' });
      const logged = asterisk.log.fromNow();
      await asterisk.call("agi");
      const { callId, callerName } = await pushTo(token!);
      assert.equal(callerName, 'x) y:z \\ "');
      await report(callId!, "ready");
      assert.equal((await logged(/RESULT (\S+)/))[1], "READY");
      await logged(/is ringing/);
      await asterisk.hangUp();
      assert.equal((await pushTo(token!, 2))["reason"], "cancelled");
    });

    it("ends at once when the caller hangs up", async () => {
      const [token] = await addLine(functions, 1);
      await asterisk.call("agi");
      await pushTo(token!);
      const hungUpAt = performance.now();
      await asterisk.hangUp();
      assert.equal((await pushTo(token!, 2))["reason"], "cancelled");
      assert.ok(performance.now() - hungUpAt < 4000);
    });

    it("wakes beside the call, and stops the phones when a desk phone has answered", async () => {
      const [token] = await addLine(functions, 1);
      const logged = asterisk.log.fromNow();
      await asterisk.call("agi-wake");
      await logged(/WOKEN/);
      assert.equal((await pushTo(token!, 2))["reason"], "answered_elsewhere");
    });
  });

  it("writes the key neither to the log nor to AMI", () => {
    assert.match(asterisk.log.text, /Executing .*pbx-push-send/);
    assert.match(asterisk.events.text, /Event: Newexten[^]*pbx-push-send/);
    assert.doesNotMatch(asterisk.log.text + asterisk.events.text, new RegExp(demoKey));
  });

  it("writes no call detail records of its own", () => {
    const records = asterisk.records();
    assert.match(records, /"test-wake"/);
    // A request that was hung up at a test's end before it began leaves one.
    const ours = records
      .split("\n")
      .filter((record) => record.includes('"pbx-push-request"') && !record.includes('"FAILED"'));
    assert.deepEqual(ours, []);
  });
});

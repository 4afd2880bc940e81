import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startBase } from "../asterisk/base-url-server.ts";
import { demoKey } from "../support/functions.ts";
import { until } from "../support/until.ts";
import { version } from "./asterisk.ts";
import { startPbxWithPhones } from "./pbx-with-phones.ts";

/** What a leg makes of the answer to its announcement, and of none. */
describe(`the announcement of a leg on ${version}`, async () => {
  const pbx = await startPbxWithPhones();
  const { asterisk, functions, trunk, mobile } = pbx;

  /** A service whose answers to announcements are these in turn, the last one for ever; it says of each ring that an app is ready. */
  async function startService(...answers: string[]) {
    const announced: string[] = [];
    const base = await startBase((response, { method, url }) => {
      if (method === "GET") return response.end("READY\n");
      if (url?.includes("/end") === true) return response.end("ENDED 1\n");
      announced.push(url!);
      return response.end(`${answers[Math.min(announced.length, answers.length) - 1]}\n`);
    });
    await pbx.useBases(base.url);
    return { ...base, announced };
  }

  it("is repeated once after a push that failed, which may have arrived", async (t) => {
    const service = await startService("NAK push_failed", "NOTIFIED 1");
    t.after(() => service.close());
    const call = trunk.invite("joins-alone");
    await until(() => service.announced.length === 2);
    await mobile.register();
    mobile.answer(await mobile.called());
    await trunk.until(() => call.status === 200);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
    assert.equal(service.announced.length, 2);
  });

  it("ends the leg when the second push has failed, too", async (t) => {
    const service = await startService("NAK push_failed");
    t.after(() => service.close());
    const call = trunk.invite("joins-alone");
    await trunk.over(call);
    assert.equal(service.announced.length, 2);
    assert.ok(call.overAt! - call.startedAt < 5000);
    await asterisk.untilQuiet();
  });

  it("ends the leg when the user has declined meanwhile, though a phone rings", async (t) => {
    const service = await startService("ERROR try_again", "DECLINED 0");
    t.after(() => service.close());
    await mobile.register();
    const call = trunk.invite("joins-alone");
    const ringing = await mobile.called();
    await Promise.all([mobile.over(ringing), trunk.over(call)]);
    assert.equal(call.status, 486);
    await asterisk.untilQuiet();
  });

  it("is made again after an outage that is longer than its budget", async () => {
    const dead = await startBase(() => undefined);
    await dead.close();
    await asterisk.write(
      "pbx-push-settings.conf",
      `[general]\nkey = ${demoKey}\nurl_1 = ${dead.url}\nbudget_seconds = 1\n`,
    );
    const failed = asterisk.log.fromNow();
    const call = trunk.invite("joins-alone");
    await failed(/no answer to \/calls: ERROR no_answer/);
    await pbx.useBases(functions.urls.pbx);
    await pbx.report("alice", await pbx.pushTo("alice"), "declined");
    await trunk.over(call);
    assert.equal(call.status, 486);
  });

  it("is not made again when a phone has answered", async (t) => {
    const service = await startService("NAK push_failed");
    t.after(() => service.close());
    mobile.manner = "answers";
    await mobile.register();
    const call = trunk.invite("joins-alone");
    await trunk.until(() => call.status === 200);
    await asterisk.log.fromNow()(/answered@pbx-push-request:\d+\] Hangup/);
    assert.equal(service.announced.length, 1);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });

  it("is ended when a phone has answered before the service has it", async (t) => {
    const ends: string[] = [];
    const service = await startBase((response, { method, url }) => {
      if (method === "GET") return response.end("ERROR unknown_call\n");
      if (url?.includes("/end") !== true) return;
      ends.push(url);
      return response.end("ENDED 0\n");
    });
    t.after(() => service.close());
    await pbx.useBases(service.url);
    mobile.manner = "answers";
    await mobile.register();
    const call = trunk.invite("joins-alone");
    await until(() => ends.length === 1);
    assert.deepEqual([call.status, call.isOver], [200, false]);
    trunk.hangUp(call);
    await asterisk.untilQuiet();
  });

  it("is not followed by more questions when the caller has gone", async (t) => {
    const held: (() => void)[] = [];
    const service = await startBase((response, { method }) =>
      method === "POST" ? response.end("NOTIFIED 1\n") : void held.push(() => response.end("nothing of ours\n")),
    );
    t.after(() => service.close());
    await pbx.useBases(service.url);
    const call = trunk.invite("joins-long");
    await until(() => held.length === 1);
    trunk.hangUp(call);
    await asterisk.until(async () => !(await asterisk.channels()).some((name) => name.includes("pbx-push-join")));
    held[0]!();
    await asterisk.untilQuiet();
    assert.equal(held.length, 1);
  });
});

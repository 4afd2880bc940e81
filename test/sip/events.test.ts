import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { demoKey, startFunctions } from "../support/functions.ts";
import { addLine, pushesTo, resetState } from "../support/line.ts";
import { until } from "../support/until.ts";
import { encodeCp949 } from "./caller-rules.ts";
import { startAsterisk, version } from "./asterisk.ts";
import { buildSipParts } from "./pjsip.ts";
import { SipPhone } from "./sip-phone.ts";

describe(`the AMI events of ${version}, posted to /events`, async () => {
  const functions = await startFunctions({ TRUNK_CONTEXT_PREFIX: "from-pstn,sip" });
  const [trunk, app] = await Promise.all(["trunk", "app"].map((name) => SipPhone.start(name)));
  const sip = await buildSipParts([trunk!, app!]);
  const asterisk = await startAsterisk(
    await readFile(join(import.meta.dirname, "events.conf"), "utf8"),
    `[general]\nkey = ${demoKey}\nurl_1 = ${functions.urls.pbx}\nbudget_seconds = 8\n`,
    { ...sip, systemName: "서울 1/pbx" },
  );
  after(async () => {
    await asterisk.stop();
    for (const phone of [trunk!, app!]) phone.close();
    await functions.close();
  });
  let token = "";
  let seen = 0;
  beforeEach(async () => {
    await resetState(functions);
    [token] = (await addLine(functions, 1)) as [string];
    for (const phone of [trunk!, app!]) phone.calls.splice(0);
    app!.manner = "rings";
    seen = asterisk.events.text.length;
  });
  afterEach(() => asterisk.clear());

  const pushes = () => pushesTo(functions, token).map(({ data }) => data);

  /** The events of a name in this test, each with AMI's names. The bytes are as Asterisk sent them, one character each. */
  const eventsOf = (name: string) =>
    asterisk.events.text
      .slice(seen)
      .split("\r\n\r\n")
      .map((block) => Object.fromEntries([...block.matchAll(/^(\w+): ?(.*)$/gm)].map(([, key, value]) => [key, value])))
      .filter((event) => event["Event"] === name);

  /** Waits for an event of the channel of a phone. */
  async function eventOf(name: string, phone: string): Promise<Record<string, string>> {
    const find = () => eventsOf(name).find((event) => event["Channel"]?.startsWith(`PJSIP/${phone}-`));
    await asterisk.events.until(() => find() !== undefined);
    return find()!;
  }

  /** Posts an event as the PBX's WebSocket server does, with Asterisk's own bytes; returns the answer. */
  async function post(data: Readonly<Record<string, unknown>>) {
    const body = Buffer.from(JSON.stringify({ type: 3, data }), "latin1");
    const headers = { authorization: `Bearer ${demoKey}`, "content-type": "application/json" };
    return functions.pbx("POST", "/events", body, { headers });
  }

  /** A body with a system name in UTF-8 and a caller's name in CP949 would have neither encoding. */
  const withoutSystemName = (event: Record<string, string>) =>
    Object.fromEntries(Object.entries(event).map(([key, value]) => [key, value.replace(/^\P{ASCII}+ 1\/pbx-?/u, "")]));

  for (const [way, exten] of [
    ["the dialplan", "pack"],
    ["the AGI script", "script"],
  ] as const) {
    it(`name a call as ${way} does, whatever the system name, so that it rings once`, async () => {
      const call = await trunk!.call(exten);
      await until(() => pushes().length > 0);
      const event = await eventOf("Newchannel", "trunk");
      assert.ok(event["Linkedid"]!.startsWith(Buffer.from("서울 1/pbx").toString("latin1")));
      const answer = await post({ ...event, Exten: "07045144801" });
      assert.deepEqual([answer.status, pushes().length], [200, 1]);
      assert.match(pushes()[0].linkedId, /^1pbx-\d+\.\d+$/);
      assert.equal(pushes()[0].linkedId, answer.body.call_id);
      trunk!.hangUp(call);
      await post(await eventOf("Hangup", "trunk"));
      await asterisk.untilQuiet();
      await until(() => pushes().length > 1);
      assert.deepEqual([pushes().length, pushes()[1].type], [2, "call_ended"]);
    });
  }

  const names: readonly (readonly [title: string, quoted: Buffer, shown: string])[] = [
    ["in UTF-8", Buffer.from("홍길동 O'Brien?"), "홍길동 O'Brien?"],
    ["with quotes and backslashes", Buffer.from('(주)한국 \\"본사\\" \\\\'), '(주)한국 "본사" \\'],
    ["with a TAB", Buffer.from("Kim\tLee"), "KimLee"],
    // Asterisk 22 has replaced its bytes by U+FFFD.
    ["in CP949", encodeCp949("홍길동"), /Asterisk 16/.test(version) ? "홍길동" : ""],
  ];
  for (const [title, quoted, shown] of names) {
    it(`ring for a caller's name ${title}, and the Hangup ends the call`, async () => {
      const from = Buffer.concat([Buffer.from('"'), quoted, Buffer.from('" <sip:01012345678@127.0.0.1>')]);
      const call = await trunk!.call("07045144801", { from });
      const channel = withoutSystemName(await eventOf("Newchannel", "anonymous"));
      assert.equal((await post(channel)).body.status, "notified");
      const [{ type, callerId, callerName }] = pushes();
      assert.deepEqual([type, callerId, callerName], ["incoming_call", "01012345678", shown]);
      trunk!.hangUp(call);
      assert.equal((await post(withoutSystemName(await eventOf("Hangup", "anonymous")))).body.notified, 1);
      const [{ callId }, end] = pushes();
      assert.deepEqual([end.type, end.callId], ["call_ended", callId]);
    });
  }

  it("ring for a name of 256 characters and a number that is a JSON number, as other libraries may send them", async () => {
    await trunk!.call("07045144801");
    const channel = await eventOf("Newchannel", "trunk");
    await post({ ...channel, CallerIDName: "a".repeat(256), CallerIDNum: 101 });
    assert.deepEqual([pushes()[0].callerId, pushes()[0].callerName], ["101", "a".repeat(255)]);
  });

  it("end the ring elsewhere when a phone answers", async () => {
    await trunk!.call("07045144801");
    await post(await eventOf("Newchannel", "trunk"));
    app!.answer(await app!.called());
    await asterisk.events.until(() => eventsOf("DialEnd").some((event) => event["DialStatus"] === "ANSWER"));
    await post(eventsOf("DialEnd").at(-1) ?? {});
    assert.deepEqual([pushes()[1].type, pushes()[1].reason], ["call_ended", "answered_elsewhere"]);
  });

  it("ring for no outgoing channel, and for no context but a trunk's", async () => {
    await trunk!.call("07045144801");
    await app!.called();
    // chan_pjsip names no exten on a channel that it dials.
    assert.deepEqual((await post(await eventOf("Newchannel", "app"))).body.reason, "not_an_incoming_call");
    const inside = { ...(await eventOf("Newchannel", "trunk")), Context: "from-internal" };
    assert.equal((await post(inside)).body.reason, "not_a_trunk");
    assert.equal(pushes().length, 0);
  });
});

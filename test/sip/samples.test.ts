import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { until } from "../support/until.ts";
import { startRingRecorder, type Asked } from "../asterisk/ring-recorder.ts";
import { startAsterisk, version } from "./asterisk.ts";
import { SipPhone } from "./sip-phone.ts";
import { buildSipParts } from "./pjsip.ts";

/** The lines that the samples' comments tell the reader to write into other files. */
const files = {
  "queues.conf": "[general]\n[sales]\ntimeout=1\nretry=1\nmember => Local/07045144801@pbx-push-legs/n\n",
  "res_parking.conf":
    "[general]\n[default]\ncontext=parkedcalls\nparkpos=701-720\ncomebacktoorigin=no\ncomebackcontext=pbx-push-parked\n",
  "features.conf": "[general]\n",
};

describe(`extensions.conf.sample on ${version}`, async () => {
  const recorder = await startRingRecorder();
  const phones = await Promise.all(["trunk", "07045144801", "07045144802"].map((name) => SipPhone.start(name)));
  const [trunk, first, second] = phones as [SipPhone, SipPhone, SipPhone];
  const sample = await readFile(join(import.meta.dirname, "../../asterisk/extensions.conf.sample"), "utf8");
  const settings = `[general]\nkey = demo\nurl_1 = ${recorder.url}\nbudget_seconds = 8\n`;
  const sip = await buildSipParts(phones, "trk-11-in");
  const asterisk = await startAsterisk(sample.replace(/^#include .*$/m, ""), settings, {
    modules: [...(sip.modules ?? []), "res_parking"],
    files: { ...sip.files, ...files },
  });
  after(async () => {
    await asterisk.stop();
    for (const phone of phones) phone.close();
    await recorder.close();
  });
  beforeEach(() => {
    recorder.clear();
    recorder.decide("READY");
    for (const phone of phones) phone.calls.splice(0);
    first.manner = "rings";
    second.manner = "rings";
  });
  afterEach(() => asterisk.clear());

  const ringOf = ({ form }: Asked) => form["ring_id"]!;

  it("rings the second number when the first has declined", async () => {
    void trunk.call("07045144805");
    first.decline(await first.called());
    await second.called();
    const [one, two] = await recorder.pair();
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(one), dialstatus: "BUSY" });
    assert.deepEqual([one.form["exten"], two.form["exten"]], ["07045144801", "07045144802"]);
    trunk.hangUp(trunk.calls[0]!);
    assert.deepEqual((await recorder.end(2)).form, { ring_id: ringOf(two), dialstatus: "CANCEL" });
  });

  it("rings the operator of a voicemail as a new ring", async () => {
    void trunk.call("07045144806");
    await first.called();
    // VoiceMail() goes there when the caller presses 0, after it has ended the ring; the test sends the caller there itself.
    const channel = (await asterisk.channels()).find((name) => name.startsWith("PJSIP/trunk"))!;
    await asterisk.tell(`channel redirect ${channel} trk-11-in,o,1`);
    await second.called();
    const [one, two] = await recorder.pair();
    assert.equal(ringOf(await recorder.end()), ringOf(one));
    trunk.hangUp(trunk.calls[0]!);
    assert.equal(ringOf(await recorder.end(2)), ringOf(two));
  });

  it("ends one leg of a ring group, and the other rings on", async () => {
    void trunk.call("07045144807");
    const ringing = await first.called();
    await second.called();
    const announced = await recorder.pair();
    first.decline(ringing);
    const { form } = await recorder.end();
    const { form: declined } = announced.find((entry) => entry.form["exten"] === "07045144801")!;
    assert.deepEqual(form, { ring_id: declined["ring_id"], dialstatus: "BUSY" });
    assert.deepEqual([second.calls[0]!.isOver, recorder.ended().length], [false, 1]);
    trunk.hangUp(trunk.calls[0]!);
    await recorder.end(2);
  });

  it("rings a member of a queue anew with each try", async () => {
    void trunk.call("07045144901");
    await first.called(2);
    const tries = await recorder.pair();
    assert.equal(new Set(tries.map(ringOf)).size, 2);
    assert.equal(ringOf(await recorder.end()), ringOf(tries[0]));
    assert.equal(/^X-Pbx-Push-Ring: (.*)\r$/m.exec(first.calls[1]!.invite)?.[1], ringOf(tries[1]));
  });

  it("wakes a phone when a parked call comes back", async () => {
    first.manner = "answers";
    void trunk.call("07045144801");
    const atFirst = await first.called();
    await until(async () => (await asterisk.bridged()).length === 2);
    const nameOf = async (phone: SipPhone) =>
      (await asterisk.channels()).find((name) => name.startsWith(`PJSIP/${phone.name}-`))!;
    const [Channel, TimeoutChannel] = [await nameOf(trunk), await nameOf(first)];
    first.manner = "rings";
    await asterisk.act("Park", { Channel, TimeoutChannel, Timeout: "1000" });
    await first.called(2);
    const [one, two] = await recorder.pair();
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(one), dialstatus: "ANSWER" });
    assert.notEqual(ringOf(one), ringOf(two));
    assert.equal(atFirst.isOver, true);
  });
});

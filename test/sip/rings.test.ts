import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { until } from "../support/until.ts";
import { startRingRecorder, type Asked } from "../asterisk/ring-recorder.ts";
import { startAsterisk, version } from "./asterisk.ts";

const parts = {
  modules: ["app_directed_pickup", "res_parking"],
  files: {
    "queues.conf": "[general]\n[tries]\ntimeout=1\nretry=1\nmember => Local/1001@leg/n\n",
    "features.conf": "[general]\n",
    "res_parking.conf": [
      "[general]",
      "[default]",
      "context = parkedcalls",
      "parkpos = 701-720",
      "parkingtime = 1",
      "comebacktoorigin = no",
      "comebackcontext = parked-back",
      "",
    ].join("\n"),
  },
};

describe(`a ring of the dialplan on ${version}`, async () => {
  const recorder = await startRingRecorder();
  const scenarios = await readFile(join(import.meta.dirname, "rings.conf"), "utf8");
  const settings = `[general]\nkey = demo\nurl_1 = ${recorder.url}\nbudget_seconds = 8\n`;
  const asterisk = await startAsterisk(scenarios, settings, parts);
  after(() => Promise.all([asterisk.stop(), recorder.close()]));
  beforeEach(() => recorder.clear());
  afterEach(() => asterisk.clear());

  const ringOf = ({ form }: Asked) => form["ring_id"]!;
  const callOf = ({ form }: Asked) => form["call_id"]!;

  /** The channel of a scenario, and the callee's, once they talk. */
  async function bridged(): Promise<{ caller: string; callee: string }> {
    const find = async (app: string) => (await asterisk.bridged()).find((channel) => channel.app === app)?.name;
    await until(async () => (await find("Dial")) !== undefined && (await find("AppDial")) !== undefined);
    return { caller: (await find("Dial"))!, callee: (await find("AppDial"))! };
  }

  /** The caller hangs up while the callee rings: an announcement comes before the dial. */
  async function giveUp(): Promise<void> {
    await until(async () => (await asterisk.channels()).some((name) => name.startsWith("Local/rings@callee")));
    await asterisk.hangUp();
  }

  it("has one ring_id for all numbers, one wait and one end", async () => {
    await asterisk.call("group");
    const first = await recorder.announcement(1);
    const second = await recorder.announcement(2);
    const held = await recorder.held();
    assert.deepEqual(new Set([first.form["exten"], second.form["exten"]]), new Set(["1001", "1002"]));
    assert.match(ringOf(first), /^[0-9.]+-\d{16}$/);
    assert.deepEqual([ringOf(second), ringOf(held)], [ringOf(first), ringOf(first)]);
    recorder.decide("READY");
    await until(() => /RESULT READY/.test(asterisk.log.text));
    await giveUp();
    const { path, form } = await recorder.end();
    assert.equal(path, `/calls/${callOf(first)}/end`);
    assert.deepEqual(form, { ring_id: ringOf(first), dialstatus: "CANCEL" });
    await asterisk.clear();
    assert.deepEqual([recorder.ended().length, recorder.read().length], [1, 1]);
  });

  it("is ended when the caller hangs up during the announcement", async () => {
    const answer = recorder.delay();
    await asterisk.call("group");
    const announced = await recorder.announcement(2);
    await asterisk.hangUp();
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(announced), dialstatus: "" });
    answer();
  });

  it("is separate for each leg in a ring group of Local legs", async () => {
    await asterisk.call("legs");
    const announced = await recorder.pair();
    assert.equal(new Set(announced.map(ringOf)).size, 2);
    assert.equal(new Set(announced.map(callOf)).size, 1);
    await asterisk.hangUp();
    const ended = [await recorder.end(1), await recorder.end(2)];
    assert.deepEqual(new Set(ended.map(ringOf)), new Set(announced.map(ringOf)));
  });

  for (const [title, scenario] of [
    ["is over when the next number is tried", "hunting"],
    ["is over before voicemail, and the operator's ring is a new one", "operator"],
  ] as const) {
    it(title, async () => {
      await asterisk.call(scenario);
      const [first, second] = await recorder.pair();
      assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(first), dialstatus: "BUSY" });
      assert.deepEqual([first.form["exten"], second.form["exten"]], ["1001", "1002"]);
      assert.notEqual(ringOf(first), ringOf(second));
      assert.equal(callOf(first), callOf(second));
      await giveUp();
      assert.deepEqual((await recorder.end(2)).form, { ring_id: ringOf(second), dialstatus: "CANCEL" });
      await asterisk.clear();
      assert.equal(recorder.ended().length, 2);
    });
  }

  it("is over when its callee transfers the call, and the next ring is a new one", async () => {
    await asterisk.call("desk");
    const { callee } = await bridged();
    await asterisk.act("BlindTransfer", { Channel: callee, Context: "test", Exten: "1002" });
    const [first, second] = await recorder.pair();
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(first), dialstatus: "ANSWER" });
    assert.equal(callOf(first), callOf(second));
    assert.notEqual(ringOf(first), ringOf(second));
    await giveUp();
    assert.deepEqual((await recorder.end(2)).form, { ring_id: ringOf(second), dialstatus: "CANCEL" });
    await asterisk.clear();
    assert.equal(recorder.ended().length, 2);
  });

  it("is over when its caller transfers the call, and the callee's channel begins a new one", async () => {
    await asterisk.call("desk");
    const { caller, callee } = await bridged();
    await asterisk.act("BlindTransfer", { Channel: caller, Context: "test", Exten: "1002" });
    const [first, second] = await recorder.pair();
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(first), dialstatus: "ANSWER" });
    assert.equal(callOf(first), callOf(second));
    assert.notEqual(ringOf(first), ringOf(second));
    await asterisk.tell(`channel request hangup ${callee}`);
    assert.equal(ringOf(await recorder.end(2)), ringOf(second));
    await asterisk.clear();
    assert.equal(recorder.ended().length, 2);
  });

  it("is a new one when a parked call comes back", async () => {
    await asterisk.call("desk");
    const { caller, callee } = await bridged();
    await asterisk.act("Park", { Channel: caller, TimeoutChannel: callee, Timeout: "1000" });
    const [first, second] = await recorder.pair();
    assert.equal(second.form["exten"], "1003");
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(first), dialstatus: "ANSWER" });
    assert.equal(callOf(first), callOf(second));
    await giveUp();
    assert.deepEqual((await recorder.end(2)).form, { ring_id: ringOf(second), dialstatus: "CANCEL" });
  });

  it("is a new one for each try in a queue of Local members", async () => {
    await asterisk.call("queue");
    const tries = await recorder.pair();
    assert.equal(new Set(tries.map(ringOf)).size, 2);
    assert.equal(new Set(tries.map(callOf)).size, 1);
    assert.deepEqual((await recorder.end()).form, { ring_id: ringOf(tries[0]), dialstatus: "CANCEL" });
    await asterisk.hangUp();
    assert.equal(ringOf(await recorder.end(2)), ringOf(tries[1]));
  });

  it("is answered by a phone that picked it up in a call of its own", async () => {
    await asterisk.call("picked");
    const announced = await recorder.announcement();
    await until(async () => (await asterisk.channels()).some((name) => name.startsWith("Local/rings@callee")));
    await asterisk.call("picks");
    const { path, form } = await recorder.end();
    assert.equal(path, `/calls/${callOf(announced)}/end`);
    assert.deepEqual(form, { ring_id: ringOf(announced), reason: "answered_elsewhere" });
    assert.deepEqual(recorder.read().map(ringOf), [ringOf(announced)]);
  });
});

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { skip } from "./agi-calls.ts";
import { createAgiSettings, type AgiChannel } from "./agi.ts";
import { startRingRecorder } from "./ring-recorder.ts";

const recorder = await startRingRecorder();
const settings = await createAgiSettings();
await settings.write(["key = demo", `url_1 = ${recorder.url}`, "budget_seconds = 5"]);
after(() => Promise.all([recorder.close(), settings.remove()]));
beforeEach(() => recorder.clear());

const linkedId = "1763712000.17";

/** Runs the script on a channel until Asterisk would go on with the call; returns the channel's variables. */
async function run(mode: string, variables: Record<string, string> = {}, channel: Partial<AgiChannel> = {}) {
  const started = settings.run({ mode, linkedId, exten: "1001", ...channel, variables });
  assert.equal(await started.left, 0, started.said.join("\n"));
  return { ...started.variables };
}

describe("a ring of the AGI script", { skip }, () => {
  it("has one ring_id for all numbers of a run", async () => {
    await run("wake", { PBXPUSH_EXTEN: "1001&1002" });
    const [first, second] = [await recorder.announcement(1), await recorder.announcement(2)];
    assert.deepEqual(new Set([first.form["exten"], second.form["exten"]]), new Set(["1001", "1002"]));
    assert.equal(first.form["ring_id"], second.form["ring_id"]);
    assert.match(first.form["ring_id"]!, /^1763712000\.17-\d{16}$/);
  });

  it("has a new ring_id on another channel, and on the same one again", async () => {
    const channel = await run("wake");
    await run("wake", channel);
    await run("wake", {}, { uniqueId: "1763712000.18" });
    await recorder.announcement(3);
    const forms = recorder.announced().map(({ form }) => form);
    assert.equal(new Set(forms.map((form) => form["ring_id"])).size, 3);
    assert.deepEqual(new Set(forms.map((form) => form["call_id"])), new Set([linkedId]));
  });

  it("has a ring_id that the service accepts, whatever the PBX's name", async () => {
    await run("wake", {}, { uniqueId: `${"서울 pbx/".repeat(20)}-1763712000.17` });
    assert.match((await recorder.announcement()).form["ring_id"]!, /^[A-Za-z0-9._:@-]{1,128}$/);
  });

  it("is waited for with one request, by its ring_id", async () => {
    const waiting = run("wait", { PBXPUSH_EXTEN: "1001&1002", PBXPUSH_WAIT: "20" });
    const { form, path } = await recorder.held();
    recorder.decide("READY");
    assert.equal((await waiting)["PBXPUSH_RESULT"], "READY");
    assert.equal(path, `/calls/${linkedId}`);
    assert.match(form["ring_id"]!, /^1763712000/);
    assert.equal(form["ring_id"], recorder.announced()[0]!.form["ring_id"]);
    assert.equal(recorder.read().length, 1);
  });

  it("is ended with one request that has its ring_id and the call of the announcement", async () => {
    const channel = await run("wake", { PBXPUSH_EXTEN: "1001&1002" });
    const { form } = await recorder.announcement(2);
    const transferred = { ...channel, "CHANNEL(linkedid)": "1763712000.3", DIALSTATUS: "NOANSWER" };
    const ended = await run("end", transferred, { linkedId: "1763712000.3", uniqueId: "1763712000.4" });
    await run("end", ended);
    await run("wake", {}, { uniqueId: "1763712000.99" });
    await recorder.announcement(3);
    assert.deepEqual(recorder.ended(), [
      {
        method: "POST",
        path: `/calls/${linkedId}/end`,
        form: { ring_id: form["ring_id"], dialstatus: "NOANSWER" },
      },
    ]);
  });

  it("is ended by the next ring on its channel, whose own end then has no dialstatus", async () => {
    const channel = await run("wake");
    const { form: first } = await recorder.announcement();
    const second = await run("wake", { ...channel, DIALSTATUS: "ANSWER" });
    assert.deepEqual((await recorder.end()).form, { ring_id: first["ring_id"], dialstatus: "ANSWER" });
    const { form } = await recorder.announcement(2);
    await run("end", second);
    assert.deepEqual((await recorder.end(2)).form, { ring_id: form["ring_id"], dialstatus: "" });
  });

  it("is ended by the next ring in mode wait, too", async () => {
    const channel = await run("wake");
    const { form: first } = await recorder.announcement();
    recorder.decide("READY");
    await run("wait", channel);
    assert.equal((await recorder.end()).form["ring_id"], first["ring_id"]);
  });

  it("is not ended by the channel that it left in an attended transfer", async () => {
    const channel = await run("wake");
    const { "SHARED(PBXPUSH_HERE)": _, ...leftover } = channel;
    await run("end", { ...leftover, DIALSTATUS: "ANSWER" });
    await run("end", { ...channel, DIALSTATUS: "NOANSWER" });
    assert.equal((await recorder.end()).form["dialstatus"], "NOANSWER");
  });

  it("is answered by a desk phone that picked it up in a call of its own", async () => {
    const { __PBXPUSH_RINGING: ringing = "", PBXPUSH_RING_ID: ringId } = await run("wake");
    const picker = { linkedId: "1763712000.50", uniqueId: "1763712000.50" };
    await run("answered", {}, picker);
    await run("answered", { PBXPUSH_RINGING: ringing }, picker);
    const { path, form } = await recorder.end();
    assert.equal(path, `/calls/${linkedId}/end`);
    assert.deepEqual(form, { ring_id: ringId, reason: "answered_elsewhere" });
    assert.deepEqual(
      recorder.read().map((read) => read.form["ring_id"]),
      [ringId],
    );
  });
});

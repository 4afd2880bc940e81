import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { addLine, addPhone } from "../support/line.ts";
import { skip, startAgiCalls } from "./agi-calls.ts";
import { bob } from "../support/functions.ts";
import { startBase } from "./base-url-server.ts";

const calls = await startAgiCalls();
after(() => calls.close());
beforeEach(() => calls.begin());

describe("the AGI script in mode end", { skip }, () => {
  const ends: readonly [title: string, variables: Record<string, string>, reason: string][] = [
    ["a caller who hung up", { DIALSTATUS: "CANCEL", HANGUPCAUSE: "0" }, "cancelled"],
    ["a leg that another leg answered before", { DIALSTATUS: "CANCEL", HANGUPCAUSE: "26" }, "answered_elsewhere"],
    ["a phone that declined before Dial()", { PBXPUSH_RESULT: "DECLINED" }, "declined"],
    ["an answer", { DIALSTATUS: "ANSWER" }, "answered"],
    ["a Dial() that timed out", { DIALSTATUS: "NOANSWER" }, "missed"],
    ["a phone that declined with SIP 603", { DIALSTATUS: "CHANUNAVAIL", HANGUPCAUSE: "21" }, "declined"],
    ["a caller who hung up before Dial()", {}, "cancelled"],
    ["a caller who left a queue", { ABANDONED: "TRUE", ANSWEREDTIME: "0" }, "cancelled"],
    ["a queue that timed out", { ABANDONED: "TRUE", QUEUESTATUS: "TIMEOUT", ANSWEREDTIME: "0" }, "missed"],
    ["a queue that answered", { ANSWEREDTIME: "12" }, "answered"],
  ];
  for (const [title, variables, reason] of ends) {
    it(`reports ${title}`, async () => {
      const [token] = await addLine(calls.functions, 1);
      const waking = calls.run({ mode: "wake" });
      await waking.left;
      await calls.pushTo(token);
      await calls.run({ mode: "end", variables: { ...waking.variables, ...variables } }).left;
      assert.equal((await calls.pushTo(token, 2))["reason"], reason);
    });
  }

  it("ends its own ring, while another of the call rings on", async () => {
    const [token] = await addLine(calls.functions, 1);
    await calls.functions.pbx("PUT", "/lines/0702", { uid: bob.uid });
    const bobs = await addPhone(calls.functions, "bobs", bob);
    const leg = calls.run({ mode: "wake", uniqueId: "1763712000.998" });
    const other = calls.run({ mode: "wake", uniqueId: "1763712000.999", exten: "0702" });
    await Promise.all([leg.left, other.left, calls.pushTo(token), calls.pushTo(bobs)]);
    await calls.run({ mode: "end", variables: { ...leg.variables, DIALSTATUS: "BUSY" } }).left;
    assert.equal((await calls.pushTo(token, 2))["reason"], "busy");
    assert.equal((await calls.functions.pbx("GET", `/calls/${calls.linkedId}`)).body.status, "notified");
    assert.equal(calls.functions.fcm.messages(bobs).length, 1);
  });

  it("lets the number ring again in the call", async () => {
    const [token] = await addLine(calls.functions, 1);
    const first = calls.run({ mode: "wake" });
    await Promise.all([first.left, calls.pushTo(token)]);
    await calls.run({ mode: "end", variables: { ...first.variables, DIALSTATUS: "NOANSWER" } }).left;
    const missed = await calls.pushTo(token, 2);
    await calls.run({ mode: "wake", variables: first.variables }).left;
    const again = await calls.pushTo(token, 3);
    assert.deepEqual([missed["type"], again["type"]], ["call_ended", "incoming_call"]);
    assert.notEqual(again["callId"], missed["callId"]);
  });

  it("stops the phones when somebody has answered, but not when a phone has reported the answer", async () => {
    const [token] = await addLine(calls.functions, 1);
    const waking = calls.run({ mode: "wake" });
    await waking.left;
    await calls.pushTo(token);
    const asked: string[] = [];
    const base = await startBase((response, request) => {
      asked.push(`${request.method} ${request.url}`);
      response.end("ANSWERED\n");
    });
    const { __PBXPUSH_RINGING: ringing = "", PBXPUSH_RING_ID: ringId } = waking.variables;
    const answered = () => calls.run({ mode: "answered", variables: { PBXPUSH_RINGING: ringing } }).left;
    await calls.useBases(base.url);
    await answered();
    await calls.useBases(calls.url);
    await answered();
    assert.equal((await calls.pushTo(token, 2))["reason"], "answered_elsewhere");
    assert.deepEqual(asked, [`GET /calls/${calls.linkedId}?format=text&ring_id=${ringId}`]);
    await base.close();
  });
});

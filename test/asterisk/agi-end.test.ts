import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { addLine } from "../support/line.ts";
import { skip, startAgiCalls } from "./agi-calls.ts";
import { startBase } from "./base.ts";

const calls = await startAgiCalls();
after(() => calls.close());
beforeEach(() => calls.begin());

describe("the AGI script ending", { skip }, () => {
  const ends: readonly [title: string, variables: Record<string, string>, reason: string][] = [
    ["a caller who gave up", { DIALSTATUS: "CANCEL", HANGUPCAUSE: "0" }, "cancelled"],
    ["a leg that lost to another", { DIALSTATUS: "CANCEL", HANGUPCAUSE: "26" }, "answered_elsewhere"],
    ["an answer", { DIALSTATUS: "ANSWER" }, "answered"],
    ["a Dial() that ran out of time", { DIALSTATUS: "NOANSWER" }, "missed"],
    ["a caller who gave up before Dial()", {}, "cancelled"],
    ["a caller who left a queue", { ABANDONED: "TRUE", ANSWEREDTIME: "0" }, "cancelled"],
    ["a queue that ran out of time", { ABANDONED: "TRUE", QUEUESTATUS: "TIMEOUT", ANSWEREDTIME: "0" }, "missed"],
    ["a queue that answered", { ANSWEREDTIME: "12" }, "answered"],
  ];
  for (const [title, variables, reason] of ends) {
    it(`tells of ${title}`, async () => {
      const [token] = await addLine(calls.functions, 1);
      const waking = calls.run({ mode: "wake" });
      await waking.left;
      await calls.pushTo(token);
      await calls.run({ mode: "end", variables: { ...waking.variables, ...variables } }).left;
      assert.equal((await calls.pushTo(token, 2))["reason"], reason);
    });
  }

  it("stops the phones when somebody has answered, but not when a phone says that it has", async () => {
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

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { addLine, exten } from "../support/line.ts";
import { until } from "../support/until.ts";
import { skip, startAgiCalls } from "./agi-calls.ts";
import { startBase } from "./base.ts";

const calls = await startAgiCalls();
after(() => calls.close());
beforeEach(() => calls.begin());

describe("the AGI script ending", { skip }, () => {
  const woken = () => ({ PBXPUSH_WOKEN: exten, PBXPUSH_CALL: calls.linkedId });
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
      await calls.run({ mode: "wake" }).left;
      await calls.pushTo(token);
      await calls.run({ mode: "end", variables: { ...woken(), ...variables } }).left;
      assert.equal((await calls.pushTo(token, 2))["reason"], reason);
    });
  }

  it("ends only the number of a ring group's leg", async () => {
    const [token] = await addLine(calls.functions, 1);
    const group = { PBXPUSH_EXTEN: `0702&${exten}` };
    await calls.run({ mode: "wake", variables: group }).left;
    await calls.pushTo(token);
    await until(() => calls.wakings() === 2);
    const leg = { ...woken(), PBXPUSH_LEG: "1", DIALSTATUS: "BUSY" };
    await calls.run({ mode: "end", uniqueId: "1763712000.999", variables: leg }).left;
    assert.equal((await calls.pushTo(token, 2))["reason"], "busy");
    assert.equal((await calls.functions.pbx("GET", `/calls/${calls.linkedId}`)).body.reason, undefined);
  });

  it("says nothing when nobody was woken, or it has been said", async () => {
    const asked: string[] = [];
    const base = await startBase((response, request) => {
      asked.push(request.url!);
      response.end("ENDED 0\n");
    });
    await calls.useBases(base.url);
    const first = calls.run({ mode: "end", variables: { PBXPUSH_WOKEN: exten, PBXPUSH_CALL: "first" } });
    await first.left;
    await until(() => asked.length > 0);
    await calls.run({ mode: "end", variables: first.variables }).left;
    await calls.run({ mode: "end", variables: { ...first.variables, PBXPUSH_WOKEN: exten, PBXPUSH_CALL: "last" } })
      .left;
    await until(() => asked.some((url) => url.startsWith("/calls/last/")));
    assert.deepEqual(asked, ["/calls/first/end?format=text", "/calls/last/end?format=text"]);
    await base.close();
  });

  it("stops the phones when somebody has answered, but not when a phone says that it has", async () => {
    const [token] = await addLine(calls.functions, 1);
    await calls.run({ mode: "wake" }).left;
    await calls.pushTo(token);
    const asked: string[] = [];
    const base = await startBase((response, request) => {
      asked.push(`${request.method} ${request.url}`);
      response.end("ANSWERED\n");
    });
    await calls.useBases(base.url);
    await calls.run({ mode: "answered", linkedId: "1763712000.phone" }).left;
    await calls.useBases(calls.url);
    await calls.run({ mode: "answered" }).left;
    assert.equal((await calls.pushTo(token, 2))["reason"], "answered_elsewhere");
    assert.deepEqual(asked, ["GET /calls/1763712000.phone?format=text"]);
    await base.close();
  });
});

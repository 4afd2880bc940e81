import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { addLine, exten } from "../support/line.ts";
import { until } from "../support/until.ts";
import { skip, startAgiCalls } from "./agi-calls.ts";
import { startBase } from "./base-url-server.ts";

const calls = await startAgiCalls();
after(() => calls.close());
beforeEach(() => calls.begin());

const [silent, dripping, page, dead] = await Promise.all([
  startBase(() => undefined),
  startBase((response) => {
    const timer = setInterval(() => response.write(" "), 100);
    response.on("close", () => clearInterval(timer));
  }),
  startBase((response) => response.writeHead(500).end("<html>Oops: READY</html>")),
  startBase(() => undefined),
]);
await dead.close();
after(() => Promise.all([silent.close(), dripping.close(), page.close()]));

describe("the AGI script in mode wait", { skip }, () => {
  for (const [event, result] of [
    ["ready", "READY"],
    ["declined", "DECLINED"],
    ["answered", "ANSWERED"],
  ] as const) {
    it(`ends at once when the phone reports ${event}`, async () => {
      const [token] = await addLine(calls.functions, 1);
      const waiting = calls.wait();
      await calls.pushTo(token);
      await calls.report(event);
      const { result: told, detail, took } = await waiting;
      assert.deepEqual([told, detail], [result, result]);
      assert.ok(took < 10, `${took} s`);
    });
  }

  it("answers NAK at once when there is no phone", async () => {
    const { result, detail, took } = await calls.wait();
    assert.deepEqual([result, detail], ["NAK", "NAK no_devices"]);
    assert.ok(took < 10, `${took} s`);
  });

  it("waits for a ring group as a whole", async () => {
    const [token] = await addLine(calls.functions, 1);
    const waiting = calls.wait("20", { variables: { PBXPUSH_EXTEN: `0702&${exten}&0703` } });
    await calls.pushTo(token);
    await calls.report("ready");
    assert.equal((await waiting).result, "READY");
  });

  it("ends with TIMEOUT within its budget", async () => {
    await addLine(calls.functions, 1);
    const { result, took } = await calls.wait("2");
    assert.equal(result, "TIMEOUT");
    assert.ok(took < 6, `${took} s`);
  });

  it("ends at once when the caller hangs up, and the end silences the phones", async () => {
    const [token] = await addLine(calls.functions, 1);
    const waiting = calls.run({ mode: "wait", variables: { PBXPUSH_WAIT: "25" } });
    await calls.pushTo(token);
    await until(() => calls.functions.listeners() > 0);
    const hungUpAt = performance.now();
    waiting.hangUp();
    assert.equal(await waiting.left, 0, waiting.said.join("\n"));
    assert.ok(performance.now() - hungUpAt < 5000);
    assert.equal(waiting.variables["PBXPUSH_RESULT"], "");
    await until(() => calls.functions.listeners() === 0);
    await calls.run({ mode: "end", variables: { ...waiting.variables } }).left;
    assert.equal((await calls.pushTo(token, 2))["reason"], "cancelled");
  });

  for (const [title, first, limit] of [
    ["refuses", dead.url, 5],
    ["answers with an HTML page", page.url, 5],
    ["does not answer", silent.url, 8],
    ["never finishes its answer", dripping.url, 8],
  ] as const) {
    it(`skips a base URL that ${title}`, async () => {
      const [token] = await addLine(calls.functions, 1);
      await calls.useBases(first, calls.url);
      const waiting = calls.wait("6");
      await calls.pushTo(token);
      await calls.report("ready");
      const { result, took } = await waiting;
      assert.equal(result, "READY");
      assert.ok(took < limit, `${took} s`);
    });
  }

  it("asks once more when the service has no room at first", async () => {
    const statuses: number[] = [];
    const full = await startBase((response) => {
      statuses.push(503);
      response.writeHead(503).end("ERROR try_again\n");
    });
    await calls.useBases(full.url);
    const { detail } = await calls.wait("20");
    await full.close();
    assert.deepEqual([detail, statuses.length], ["ERROR try_again", 2]);
  });

  for (const urls of [[silent.url, dripping.url], [dripping.url]]) {
    it(`ends with ERROR within its budget when none of ${urls.length} base URLs answers`, async () => {
      await calls.useBases(...urls);
      const { result, detail, took } = await calls.wait("1");
      assert.deepEqual([result, detail], ["ERROR", "ERROR no_answer"]);
      assert.ok(took < 5, `${took} s`);
    });
  }

  it("logs the service's refusal", async () => {
    await calls.settings.write(["key = another-key", `url_1 = ${calls.url}`]);
    assert.equal((await calls.wait()).detail, "ERROR unauthenticated");
  });
});

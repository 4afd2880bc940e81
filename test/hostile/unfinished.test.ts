import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { demoKey } from "../support/functions.ts";
import { announce, growthWhile, startDeployment } from "./support/deployment.ts";
import { sendFlood } from "./support/flood.ts";
import { buildHead, leaveUnfinished, type EarlyAnswer } from "./support/unfinished.ts";

const deployment = await startDeployment();
after(() => deployment.close());
const { pbx, registerDevice } = deployment;

const json = { "Content-Type": "application/json" };
const good = { Authorization: `Bearer ${demoKey}` };
const wrong = { Authorization: "Bearer no-key-of-ours" };
const big = { "Content-Length": 31 * 1024 * 1024 };

/** All but the last byte of a body of 31 MiB. */
const bodyBytes = 31 * 1024 * 1024 - 1;

const count = 200;
/** MiB that a flood may add to a process; its bodies have 6,200. */
const allowedGrowth = 80;

function requireRefusals(answers: readonly EarlyAnswer[], status: number, code: string): void {
  for (const answer of answers) {
    assert.equal(answer.status, status, answer.head);
    const { error } = JSON.parse(answer.body);
    assert.equal(error.code ?? error.status, code);
    assert.match(answer.head, /^Connection: close\r?$/m);
  }
}

describe("a flood of unfinished bodies of 31 MiB", () => {
  const floods: readonly {
    readonly what: string;
    readonly start: string;
    readonly headers: Readonly<Record<string, string | number>>;
    readonly status: number;
    readonly code: string;
  }[] = [
    { what: "no key", start: "POST /send-batch", headers: { ...json, ...big }, status: 401, code: "unauthenticated" },
    {
      what: "a wrong key",
      start: "POST /calls",
      headers: { ...wrong, ...json, ...big },
      status: 401,
      code: "unauthenticated",
    },
    {
      what: "a malformed key",
      start: "POST /calls",
      headers: { Authorization: demoKey, ...json, ...big },
      status: 401,
      code: "unauthenticated",
    },
    {
      what: "a length over the limit",
      start: "POST /calls",
      headers: { ...good, ...json, ...big },
      status: 413,
      code: "body_too_large",
    },
    {
      what: "a type that no route reads",
      start: "POST /calls",
      headers: { ...good, "Content-Type": "text/plain", "Transfer-Encoding": "chunked" },
      status: 415,
      code: "unsupported_media_type",
    },
    {
      what: "an encoding",
      start: "POST /calls",
      headers: { ...good, ...json, "Content-Encoding": "gzip", "Transfer-Encoding": "chunked" },
      status: 400,
      code: "invalid_encoding",
    },
    {
      what: "a wrong method",
      start: "PATCH /calls",
      headers: { ...good, ...json, ...big },
      status: 405,
      code: "method_not_allowed",
    },
    { what: "an unknown path", start: "POST /nowhere", headers: { ...json, ...big }, status: 404, code: "not_found" },
  ];
  for (const { what, start, headers, status, code } of floods) {
    it(`with ${what} is answered ${status} by the headers: memory stays flat and calls are answered`, async (test) => {
      const isChunked = "Transfer-Encoding" in headers;
      const head = buildHead(start, headers) + (isChunked ? `${bodyBytes.toString(16)}\r\n` : "");
      const calls: number[] = [];
      const growth = await growthWhile(test, pbx, async () => {
        const answers = await sendFlood(pbx.url, { head, bodyBytes, count }, async () => {
          const call = await announce(deployment);
          assert.equal(call.status, 200);
          calls.push(call.ms);
        });
        requireRefusals(answers, status, code);
      });
      const median = calls.toSorted((one, other) => one - other)[Math.floor(calls.length / 2)] ?? Number.NaN;
      test.diagnostic(`meanwhile ${calls.length} calls, the median took ${median.toFixed(0)} ms`);
      assert.ok(growth < allowedGrowth, `${growth} MiB more`);
      assert.ok(median < 1000, `${median} ms`);
    });
  }

  const toCallable: Readonly<Record<string, { readonly start: string; readonly type: string }>> = {
    "a length over the limit": { start: "POST /", type: "application/json" },
    "another type": { start: "POST /", type: "text/plain" },
    "another method": { start: "PUT /", type: "application/json" },
  };
  for (const [what, { start, type }] of Object.entries(toCallable)) {
    it(`to a callable with ${what} is answered in the callables' protocol: memory stays flat`, async (test) => {
      const head = buildHead(start, { "Content-Type": type, ...big });
      const growth = await growthWhile(test, registerDevice, async () => {
        requireRefusals(await sendFlood(registerDevice.url, { head, bodyBytes, count }), 400, "INVALID_ARGUMENT");
      });
      assert.ok(growth < allowedGrowth, `${growth} MiB more`);
    });
  }
});

describe("a client that goes on sending after a refusal", () => {
  it("loses its connection within seconds", async () => {
    const head = buildHead("POST /calls", { ...wrong, ...json, ...big });
    const answer = await leaveUnfinished(pbx.url, head, Buffer.alloc(bodyBytes, " "));
    requireRefusals([answer], 401, "unauthenticated");
    const { answeredMs, closedMs } = answer;
    assert.ok(closedMs - answeredMs < 5000, `${closedMs - answeredMs} ms after the answer`);
  });
});

describe("a body in chunks without an end", () => {
  /** 1 MiB: far more than any route reads. */
  function* chunks() {
    const size = 16 * 1024;
    for (let n = 0; n < 64; n += 1)
      yield Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), Buffer.alloc(size, " "), Buffer.from("\r\n")]);
  }

  it("is cut at the route's limit", async (test) => {
    const head = buildHead("POST /send-batch", { ...good, ...json, "Transfer-Encoding": "chunked" });
    const growth = await growthWhile(test, pbx, async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async () => leaveUnfinished(pbx.url, head, chunks())),
      );
      requireRefusals(answers, 413, "body_too_large");
    });
    assert.ok(growth < allowedGrowth, `${growth} MiB more`);
  });

  it("is cut at the callables' limit", async () => {
    const head = buildHead("POST /", { ...json, "Transfer-Encoding": "chunked" });
    requireRefusals([await leaveUnfinished(registerDevice.url, head, chunks())], 400, "INVALID_ARGUMENT");
  });
});

describe("a body that stops after its first byte", () => {
  it("holds its place for five seconds, and then another request has it", async () => {
    const head = buildHead("POST /calls", { ...good, ...json, "Content-Length": 100 });
    // All places of an instance.
    const answers = await Promise.all(Array.from({ length: 160 }, async () => leaveUnfinished(pbx.url, head, "{")));
    requireRefusals(answers, 408, "body_timeout");
    for (const { answeredMs } of answers) assert.ok(answeredMs > 4900, `${answeredMs} ms`);
    assert.equal((await announce(deployment)).status, 200);
  });

  it("is answered by a callable, too", async () => {
    const head = buildHead("POST /", { ...json, "Transfer-Encoding": "chunked" });
    requireRefusals([await leaveUnfinished(registerDevice.url, head, "1\r\n{\r\n")], 408, "DEADLINE_EXCEEDED");
  });
});

describe("a client that expects 100 Continue", () => {
  it("is refused before it sends the body", async () => {
    const head = buildHead("POST /calls", { ...wrong, ...json, ...big, Expect: "100-continue" });
    const answer = await leaveUnfinished(pbx.url, head);
    assert.equal(answer.isInvited, false);
    requireRefusals([answer], 401, "unauthenticated");
  });

  it("is told to send a body that will be read", async () => {
    const head = buildHead("POST /calls", { ...good, ...json, "Content-Length": 100, Expect: "100-continue" });
    const answer = await leaveUnfinished(pbx.url, head);
    assert.equal(answer.isInvited, true);
    requireRefusals([answer], 408, "body_timeout");
  });
});

describe("the processes", () => {
  it("have logged no error", () => {
    for (const one of [pbx, registerDevice]) assert.doesNotMatch(one.output(), /Error|"severity":"ERROR"|    at /);
  });
});

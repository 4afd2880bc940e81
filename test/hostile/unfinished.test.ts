import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, describe, it } from "node:test";
import { demoKey } from "../support/functions.ts";
import { announce, growthWhile, otherKey, startDeployment } from "./support/deployment.ts";
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
  const slow = buildHead("POST /calls", { ...good, ...json, "Content-Length": 100 });

  it("holds one of forty places for five seconds, and the others are refused at once", async () => {
    const answers = await Promise.all(Array.from({ length: 140 }, async () => leaveUnfinished(pbx.url, slow, "{")));
    const late = answers.filter(({ answeredMs }) => answeredMs > 4900);
    assert.equal(late.length, 40);
    requireRefusals(late, 408, "body_timeout");
    requireRefusals(
      answers.filter((answer) => !late.includes(answer)),
      429,
      "too_many_requests",
    );
  });

  it("takes no place from another PBX: its calls and its own slow body are answered meanwhile", async () => {
    const flood = Promise.all(Array.from({ length: 120 }, async () => leaveUnfinished(pbx.url, slow, "{")));
    const theirs = buildHead("POST /calls", { ...json, Authorization: `Bearer ${otherKey}`, "Content-Length": 100 });
    const own = leaveUnfinished(pbx.url, theirs, "{");
    for (let calls = 0; calls < 30; calls += 1) assert.equal((await announce(deployment, otherKey)).status, 200);
    await flood;
    requireRefusals([await own], 408, "body_timeout");
  });

  it("is answered by a callable, too", async () => {
    const head = buildHead("POST /", { ...json, "Transfer-Encoding": "chunked" });
    requireRefusals([await leaveUnfinished(registerDevice.url, head, "1\r\n{\r\n")], 408, "DEADLINE_EXCEEDED");
  });
});

describe("requests on one connection that do not wait for an answer", () => {
  const requests = {
    "a health check": "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    "the API's document": "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n",
    "a call without a key": "GET /calls/a HTTP/1.1\r\nHost: a\r\n\r\n",
  };
  for (const [what, request] of Object.entries(requests)) {
    it(`lose it at the second, for ${what}: memory stays flat and calls are answered`, async (test) => {
      const all = Buffer.from(request.repeat(20_000));
      const growth = await growthWhile(test, pbx, async () => {
        const connections = Array.from({ length: 20 }, async () => {
          const socket = connect(Number(new URL(pbx.url).port), "127.0.0.1").on("error", () => undefined);
          socket.write(all);
          await new Promise((resolve) => socket.once("close", resolve).resume());
        });
        const calls = Array.from({ length: 5 }, async () => announce(deployment));
        for (const { status, ms } of await Promise.all(calls))
          assert.ok(status === 200 && ms < 5000, `${status}, ${ms} ms`);
        await Promise.all(connections);
      });
      assert.ok(growth < allowedGrowth, `${growth} MiB more`);
    });
  }

  it("are answered one after the other on a connection that is kept", async () => {
    const socket = connect(Number(new URL(pbx.url).port), "127.0.0.1");
    for (let n = 0; n < 50; n += 1) {
      socket.write(requests["a health check"]);
      let answer = "";
      while (!answer.includes("healthy")) answer += String((await once(socket, "data"))[0]);
      assert.match(answer, /^HTTP\/1\.1 200/);
    }
    socket.destroy();
  });
});

describe("a target that is no path", () => {
  for (const target of ["*", "http://[", "calls"]) {
    it(`is answered in the API's protocol: ${target}`, async () => {
      const socket = connect(Number(new URL(pbx.url).port), "127.0.0.1");
      socket.write(`OPTIONS ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      const answer = await text(socket);
      assert.match(answer, /^HTTP\/1\.1 40[04]/);
      if (answer.startsWith("HTTP/1.1 404")) assert.match(answer, /"code":"not_found"/);
    });
  }
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

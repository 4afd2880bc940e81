import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import { demoKey, startFunctions } from "../support/functions.ts";
import { addLine, call } from "../support/line.ts";
import { attack } from "./support/attack.ts";
import { exchange, exchangeJunk, rawRequest } from "./support/raw-socket.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { secret, watchLog } from "./support/secrets.ts";

const functions = await startFunctions();
after(() => functions.close());
const log = watchLog(functions);
const { pbx } = functions.urls;
const key = `Authorization: Bearer ${demoKey}`;
const wrong = `Authorization: Bearer ${secret}`;
await addLine(functions, 1);

const ask = async (...headers: string[]) => exchange(pbx, rawRequest("GET /lines/07045144801 HTTP/1.1", headers));

describe("contradictory headers", () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    "a wrong key before the right one": [wrong, key],
    "two keys in one header": [`${key}, ${demoKey}`],
    "the right key folded onto a second line": ["Authorization: Bearer", ` ${demoKey}`],
    "the key under another name": [`X-Authorization: Bearer ${demoKey}`, `Cookie: ${key}`, `Proxy-${key}`],
    "a space before the colon": [`Authorization : Bearer ${demoKey}`],
    "a tab for the space": [`Authorization: Bearer\t${demoKey}`],
    "a NUL in the key": [`${key}\0`],
  };
  for (const [what, headers] of Object.entries(refused)) {
    it(`give no access: ${what}`, async () => {
      const [status] = (await ask(...headers)).map((answer) => answer.status);
      assert.ok(status === 401 || status === 400, String(status));
    });
  }

  it("give access by the first of two keys only", async () => {
    assert.deepEqual(
      (await ask(key, wrong)).map(({ status }) => status),
      [200],
    );
    assert.deepEqual(
      (await ask(wrong, key)).map(({ status }) => status),
      [401],
    );
  });

  it("are joined for X-Forwarded-For, and only its end is trusted", async () => {
    const { services } = functions;
    await savePbxKey(services.db, "limited", { ips: ["203.0.113.7"] });
    const url = functions.urls.pbx;
    const from = async (...headers: string[]) => {
      const [answer] = await exchange(
        url,
        rawRequest("GET /lines/0701 HTTP/1.1", ["Authorization: Bearer limited", ...headers]),
      );
      return answer?.status;
    };
    assert.equal(await from("X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.7"), 404);
    const forged = ["X-Forwarded-For: 203.0.113.7", "x-forwarded-for: 198.51.100.1"];
    assert.equal(await from(...forged), 403);
    assert.equal(await from("X-Forwarded-For : 203.0.113.7"), 400);
    for (const name of [
      "X-Real-IP",
      "Forwarded",
      "X-Client-IP",
      "CF-Connecting-IP",
      "X_Forwarded_For",
      "True-Client-IP",
    ]) {
      assert.equal(await from(`${name}: 203.0.113.7`), 403, name);
    }
  });

  it("do not override the request line's method", async () => {
    for (const name of ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]) {
      await ask(key, `${name}: DELETE`);
    }
    await exchange(pbx, rawRequest("GET /lines/07045144801?_method=DELETE HTTP/1.1", [key]));
    assert.deepEqual(
      (await ask(key)).map(({ status }) => status),
      [200],
    );
  });
});

describe("a request inside another", () => {
  const hidden = `DELETE /lines/07045144801 HTTP/1.1\r\nHost: pbx\r\n${key}\r\n\r\n`;
  const chunked = `0\r\n\r\n${hidden}`;
  const smuggled: Readonly<Record<string, string>> = {
    "a length and chunks": rawRequest(
      "POST /health HTTP/1.1",
      [`Content-Length: ${chunked.length}`, "Transfer-Encoding: chunked"],
      chunked,
    ),
    "two lengths": rawRequest(
      "POST /health HTTP/1.1",
      ["Content-Length: 0", `Content-Length: ${hidden.length}`],
      hidden,
    ),
    "a length with a sign": rawRequest("POST /health HTTP/1.1", ["Content-Length: +0"], hidden),
    "an invalid length": rawRequest("POST /health HTTP/1.1", ["Content-Length: 0x0"], hidden),
    "chunked spelt oddly": rawRequest("POST /health HTTP/1.1", ["Transfer-Encoding: xchunked"], chunked),
    "chunked and something": rawRequest("POST /health HTTP/1.1", ["Transfer-Encoding: chunked, identity"], chunked),
    "a space before the colon": rawRequest(
      "POST /health HTTP/1.1",
      ["Content-Length: 0", "Transfer-Encoding : chunked"],
      chunked,
    ),
    "a bare line feed": rawRequest("POST /health HTTP/1.1", ["A: b\nContent-Length: 0"], hidden),
    "a chunk size with a sign": rawRequest(
      "POST /health HTTP/1.1",
      ["Transfer-Encoding: chunked"],
      `-0\r\n\r\n${hidden}`,
    ),
    "a chunk size that overflows": rawRequest(
      "POST /health HTTP/1.1",
      ["Transfer-Encoding: chunked"],
      `${"f".repeat(40)}\r\n${hidden}`,
    ),
  };
  for (const [how, bytes] of Object.entries(smuggled)) {
    it(`is not executed: ${how}`, async () => {
      const answers = await exchange(pbx, bytes);
      for (const { status } of answers) assert.ok([400, 405].includes(status), String(status));
      assert.equal(answers.length, 1);
      assert.deepEqual(
        (await ask(key)).map(({ status }) => status),
        [200],
      );
    });
  }
});

describe("bytes that no client sends", () => {
  const tokens = fc.constantFrom(
    "GET",
    "POST",
    "P\0ST",
    "/calls",
    "/health",
    "http://evil/health",
    "*",
    "/%",
    "/\ud83d",
    "//",
    "HTTP/1.1",
    "HTTP/9",
    "HTTP/1.0",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "a:b",
    ":",
    "\0",
    "Host: x",
    key,
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Upgrade: h2c",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "{}",
    "5\r\nhello\r\n0\r\n\r\n",
    "a".repeat(20_000),
  );
  const junk = fc.oneof(
    fc.array(tokens, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.array(tokens, { maxLength: 12 }).map((parts) => parts.join(" ")),
    fc.array(tokens, { maxLength: 8 }).map((parts) => rawRequest("POST /calls HTTP/1.1", parts, "{}")),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.constant("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  );

  for (const name of ["pbx", "registerDevice"] as const) {
    it(`are answered with a 4xx or not at all by ${name}`, async (test) => {
      await attack(test, 800, junk, async (bytes) => {
        for (const { status } of await exchangeJunk(functions.urls[name], bytes)) {
          assert.ok(status < 500 || status === 501 || status === 505, String(status));
        }
        log.look(demoKey);
      });
      assert.equal((await functions.pbx("GET", "/health")).status, 200);
    });
  }

  it("are refused as headers that are too many or too long", async () => {
    const many = Array.from({ length: 3000 }, (_, n) => `X-${n}: ${n}`);
    assert.deepEqual(
      (await ask(key, ...many)).map(({ status }) => status),
      [431],
    );
    assert.deepEqual(
      (await ask(`Authorization: Bearer ${"a".repeat(17_000)}`)).map(({ status }) => status),
      [431],
    );
    // As long as Node accepts, and longer than any key.
    assert.deepEqual(
      (await ask(`Authorization: Bearer ${"a".repeat(15_000)}`)).map(({ status }) => status),
      [401],
    );
  });
});

describe("slow bodies", () => {
  it("delay no other request, and are read when they are complete", async () => {
    const body = JSON.stringify({ ...call, call_id: "slow.1" });
    const head = rawRequest("POST /calls HTTP/1.1", [
      key,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
    ]);
    const stalled = Array.from({ length: 50 }, async () =>
      exchange(
        pbx,
        head,
        ...Buffer.from(body)
          .toString("latin1")
          .match(/./gs)!
          .map((char) => Buffer.from(char, "latin1")),
      ),
    );
    await setImmediate();
    assert.equal((await functions.pbx("GET", "/health")).status, 200);
    const answers = (await Promise.all(stalled)).flat();
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.equal(answers.length, 50);
    assert.equal(functions.fcm.counters.sends, 1);
  });

  it("that never end leave nothing behind when their client has disconnected", async () => {
    const head = rawRequest(
      "POST /calls HTTP/1.1",
      [key, "Content-Type: application/json", "Content-Length: 1000"],
      "{",
    );
    const answers = (await Promise.all(Array.from({ length: 50 }, async () => exchangeJunk(pbx, head)))).flat();
    for (const { status } of answers) assert.equal(status, 400);
    assert.equal(functions.listeners(), 0);
  });

  it("have logged no key and no caller, and leave the process intact", () => {
    log.look(demoKey, call.caller_id, call.caller_name);
    requireIntactProcess();
  });
});

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { demoKey, startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());

const call = { call_id: "1763712000.1", exten: "07045144801", caller_id: "01012345678", caller_name: "홍길동" };
const send = { fcm_token: "t".repeat(100), title: "수신전화", body: "홍길동", caller_id: "01012345678" };

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

/** Each row: the fault, the request, and the answer to the PBX. */
const rows: readonly {
  readonly wrong: string;
  readonly path: string;
  readonly body?: unknown;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly code: string;
  readonly issue?: string;
}[] = [
  { wrong: "no call_id", path: "/calls", body: { exten: "1" }, status: 400, code: "invalid_request", issue: "call_id" },
  { wrong: "no exten", path: "/calls", body: { call_id: "1" }, status: 400, code: "invalid_request", issue: "exten" },
  {
    wrong: "no token",
    path: "/send",
    body: { title: "a", body: "b" },
    status: 400,
    code: "invalid_request",
    issue: "fcm_token",
  },
  {
    wrong: "no title",
    path: "/send",
    body: { ...send, title: undefined },
    status: 400,
    code: "invalid_request",
    issue: "title",
  },
  {
    wrong: "a number as the call_id",
    path: "/calls",
    body: { ...call, call_id: 17 },
    status: 400,
    code: "invalid_request",
    issue: "call_id",
  },
  {
    wrong: "an array as the exten",
    path: "/calls",
    body: { ...call, exten: ["1"] },
    status: 400,
    code: "invalid_request",
    issue: "exten",
  },
  { wrong: "an array as the body", path: "/calls", body: [call], status: 400, code: "invalid_request" },
  { wrong: "null as the body", path: "/calls", body: "null", headers: json, status: 400, code: "invalid_request" },
  {
    wrong: "a fraction of a second",
    path: "/calls",
    body: { ...call, ring_seconds: 7.5 },
    status: 400,
    code: "invalid_request",
    issue: "ring_seconds",
  },
  {
    wrong: "too long a ring",
    path: "/calls",
    body: { ...call, ring_seconds: 121 },
    status: 400,
    code: "invalid_request",
    issue: "ring_seconds",
  },
  {
    wrong: "a number in data",
    path: "/send",
    body: { ...send, data: { a: 1 } },
    status: 400,
    code: "invalid_request",
    issue: "data.a",
  },
  {
    wrong: "a 33-digit exten",
    path: "/calls",
    body: { ...call, exten: "1".repeat(33) },
    status: 400,
    code: "invalid_request",
    issue: "exten",
  },
  {
    wrong: "letters in the exten",
    path: "/calls",
    body: { ...call, exten: "070a" },
    status: 400,
    code: "invalid_request",
    issue: "exten",
  },
  {
    wrong: "a slash in the call_id",
    path: "/calls",
    body: { ...call, call_id: "a/b" },
    status: 400,
    code: "invalid_request",
    issue: "call_id",
  },
  {
    wrong: "a reserved call_id",
    path: "/calls",
    body: { ...call, call_id: "__x__" },
    status: 400,
    code: "invalid_request",
    issue: "call_id",
  },
  {
    wrong: "a 129-character call_id",
    path: "/calls",
    body: { ...call, call_id: "1".repeat(129) },
    status: 400,
    code: "invalid_request",
    issue: "call_id",
  },
  {
    wrong: "a 65-character caller_id",
    path: "/calls",
    body: { ...call, caller_id: "1".repeat(65) },
    status: 400,
    code: "invalid_request",
    issue: "caller_id",
  },
  {
    wrong: "a 256-character caller_name",
    path: "/calls",
    body: { ...call, caller_name: "가".repeat(256) },
    status: 400,
    code: "invalid_request",
    issue: "caller_name",
  },
  {
    wrong: "a control byte in the name",
    path: "/calls",
    body: { ...call, caller_name: "a\u0007b" },
    status: 400,
    code: "invalid_request",
    issue: "caller_name",
  },
  {
    wrong: "half a surrogate pair",
    path: "/calls",
    body: String.raw`{"call_id":"1","exten":"1","caller_name":"\ud83d"}`,
    headers: json,
    status: 400,
    code: "invalid_request",
    issue: "caller_name",
  },
  {
    wrong: "501 tokens",
    path: "/send-batch",
    body: { tokens: Array.from({ length: 501 }, () => "t"), title: "a", body: "b" },
    status: 400,
    code: "invalid_request",
    issue: "tokens",
  },
  {
    wrong: "no tokens",
    path: "/send-batch",
    body: { tokens: [], title: "a", body: "b" },
    status: 400,
    code: "invalid_request",
    issue: "tokens",
  },
  {
    wrong: "a body of 33 KiB",
    path: "/calls",
    body: { ...call, caller_name: "a".repeat(33 * 1024) },
    status: 413,
    code: "body_too_large",
  },
  { wrong: "no body", path: "/calls", status: 400, code: "invalid_request" },
  {
    wrong: "bytes that are not UTF-8",
    path: "/calls",
    body: Buffer.from([0x7b, 0x22, 0xc8, 0xab, 0xb1, 0xe6, 0x22, 0x7d]),
    headers: json,
    status: 400,
    code: "invalid_encoding",
  },
  {
    wrong: "CP949 in a form",
    path: "/calls",
    body: "call_id=1&exten=1&caller_name=%C8%AB%B1%E6",
    headers: form,
    status: 400,
    code: "invalid_encoding",
  },
  {
    wrong: "raw CP949 in a form",
    path: "/calls",
    body: Buffer.from([0x61, 0x3d, 0xc8, 0xab, 0xb1, 0xe6]),
    headers: form,
    status: 400,
    code: "invalid_encoding",
  },
  { wrong: "broken JSON", path: "/calls", body: '{"call_id": "1",', headers: json, status: 400, code: "invalid_json" },
  {
    wrong: "an unknown charset",
    path: "/calls",
    body: "{}",
    headers: { "content-type": "application/json; charset=cp949" },
    status: 400,
    code: "invalid_request",
  },
  {
    wrong: "a gzipped body",
    path: "/calls",
    body: Buffer.from([0x1f, 0x8b, 0x08, 0x00]),
    headers: { ...json, "content-encoding": "gzip" },
    status: 400,
    code: "invalid_encoding",
  },
  {
    wrong: "plain text",
    path: "/calls",
    body: "hello",
    headers: { "content-type": "text/plain" },
    status: 415,
    code: "unsupported_media_type",
  },
  { wrong: "no content type", path: "/calls", body: Buffer.from("{}"), status: 415, code: "unsupported_media_type" },
  {
    wrong: "the reserved key from",
    path: "/send",
    body: { ...send, data: { from: "x" } },
    status: 400,
    code: "invalid_request",
    issue: "data.from",
  },
  {
    wrong: "a reserved google. key",
    path: "/send",
    body: { ...send, data: { "google.c": "x" } },
    status: 400,
    code: "invalid_request",
    issue: "data.google.c",
  },
  {
    wrong: "a payload of 5 KiB",
    path: "/send",
    body: { ...send, data: { text: "a".repeat(5 * 1024) } },
    status: 400,
    code: "invalid_request",
    issue: "data",
  },
  {
    wrong: "a Korean payload over 4096 bytes",
    path: "/send-batch",
    body: { tokens: ["t"], title: "가", body: "가".repeat(1400) },
    status: 400,
    code: "invalid_request",
  },
  {
    wrong: "a body one byte too long",
    path: "/calls",
    body: " ".repeat(32 * 1024 + 1),
    headers: json,
    status: 413,
    code: "body_too_large",
  },
  {
    wrong: "a body that is just small enough, but blank",
    path: "/calls",
    body: " ".repeat(32 * 1024),
    headers: json,
    status: 400,
    code: "invalid_json",
  },
  {
    wrong: "a control byte in the title",
    path: "/send",
    body: { ...send, title: "a\u0000" },
    status: 400,
    code: "invalid_request",
    issue: "title",
  },
  {
    wrong: "half a surrogate pair in the body",
    path: "/send",
    body: String.raw`{"fcm_token":"tttttttttttttttttt","title":"a","body":"\ud83d"}`,
    headers: json,
    status: 400,
    code: "invalid_request",
    issue: "body",
  },
  {
    wrong: "a control byte in data",
    path: "/send",
    body: { ...send, data: { a: "\u0000" } },
    status: 400,
    code: "invalid_request",
    issue: "data.a",
  },
  {
    wrong: "an empty key in data",
    path: "/send",
    body: { ...send, data: { "": "a" } },
    status: 400,
    code: "invalid_request",
    issue: "data",
  },
  {
    wrong: "both a uid and an email",
    method: "PUT",
    path: "/lines/070",
    body: { uid: "a", email: "a@example.com" },
    status: 400,
    code: "invalid_request",
  },
  {
    wrong: "a uid that is no document id",
    method: "PUT",
    path: "/lines/070",
    body: { uid: ".." },
    status: 400,
    code: "invalid_request",
    issue: "uid",
  },
  { wrong: "a path that is not UTF-8", method: "GET", path: "/calls/%B1%E6", status: 404, code: "not_found" },
  { wrong: "the wrong method", method: "GET", path: "/send", status: 405, code: "method_not_allowed" },
  {
    wrong: "the wrong method on a path with a parameter",
    method: "PATCH",
    path: "/lines/070",
    body: {},
    status: 405,
    code: "method_not_allowed",
  },
  { wrong: "an unknown path", path: "/sned", body: send, status: 404, code: "not_found" },
  {
    wrong: "a bad call_id in the path",
    method: "GET",
    path: "/calls/a%2Fb",
    status: 400,
    code: "invalid_request",
    issue: "call_id",
  },
  {
    wrong: "a line with neither uid nor email",
    method: "PUT",
    path: "/lines/070",
    body: {},
    status: 400,
    code: "invalid_request",
  },
  {
    wrong: "a line with a broken email",
    method: "PUT",
    path: "/lines/070",
    body: { email: "alice" },
    status: 400,
    code: "invalid_request",
  },
];

describe("bad input to the PBX's API", () => {
  for (const { wrong, path, method = "POST", body, headers, status, code, issue } of rows) {
    it(`answers ${wrong} with ${status} ${code}`, async () => {
      const init = headers && { headers: { authorization: `Bearer ${demoKey}`, ...headers } };
      const answer = await functions.pbx(method, path, body, init);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.body.error.code, code);
      assert.ok(answer.body.error.message.length > 0);
      if (issue !== undefined) {
        const paths = answer.body.error.issues.map((one: { path: string }) => one.path);
        assert.ok(
          paths.some((one: string) => one.startsWith(issue)),
          `${issue} is not among ${paths}`,
        );
      }
    });
  }

  it("sends nothing to FCM, and logs none of the input", () => {
    assert.equal(functions.fcm.counters.sends, 0);
    assert.equal(
      functions.logged.some((line) => /홍길동|01012345678|tttttttttt/.test(line)),
      false,
    );
  });

  it("names what is missing, and a token list that is too long", async () => {
    const missing = await functions.pbx("POST", "/calls", {});
    assert.deepEqual(missing.body.error.issues, [
      { path: "call_id", message: "is required" },
      { path: "exten", message: "is required" },
    ]);
    const tokens = Array.from({ length: 501 }, () => "t");
    const long = await functions.pbx("POST", "/send-batch", { tokens, title: "a", body: "b" });
    assert.match(long.body.error.issues[0].message, /1 to 500/);
  });

  it("gives only the place and the rule in an issue", async () => {
    const answer = await functions.pbx("POST", "/send", { ...send, data: { from: "x" } });
    assert.deepEqual(answer.body.error.issues, [
      { path: "data.from", message: "must have another name: FCM reserves this one" },
    ]);
  });

  it("answers a path that is not UTF-8 in one line, too", async () => {
    const answer = await functions.pbx("GET", "/calls/%B1%E6?format=text");
    assert.deepEqual([answer.status, answer.text], [404, "ERROR not_found\n"]);
  });

  it("names the methods of a path", async () => {
    const answer = await functions.pbx("PATCH", "/lines/070", {});
    assert.equal(answer.headers.get("allow"), "PUT, GET, DELETE");
  });

  it("explains a body of the wrong type, and a compressed one", async () => {
    const ask = async (body: unknown, headers: Record<string, string>) => {
      const init = { headers: { authorization: `Bearer ${demoKey}`, ...headers } };
      const { status, body: answer } = await functions.pbx("POST", "/calls", body, init);
      return `${status} ${answer.error.code}: ${answer.error.message}`;
    };
    const text = JSON.stringify(call);
    const toJson = "415 unsupported_media_type: The body is JSON: send it with Content-Type: application/json";
    // What curl -d sends.
    assert.equal(await ask(text, form), toJson);
    assert.equal(await ask(` [${text}]`, form), toJson);
    assert.equal(
      await ask(Buffer.from(text), {}),
      "415 unsupported_media_type: Content-Type must be application/json, or application/x-www-form-urlencoded for a form",
    );
    assert.equal(
      await ask("call_id=1.1&exten=070", json),
      "400 invalid_json: The body is a form: send it with Content-Type: application/x-www-form-urlencoded",
    );
    const zipped = "400 invalid_encoding: The body is compressed (gzip): send it uncompressed";
    assert.equal(await ask(gzipSync(text), { ...json, "content-encoding": "gzip" }), zipped);
    assert.equal(await ask(gzipSync(text), json), zipped);
    assert.equal(
      await ask(deflateSync(text), { ...form, "content-encoding": "deflate" }),
      zipped.replace("gzip", "deflate"),
    );
  });

  it("explains a + that was decoded as a space", async () => {
    const body = "id=p&title=a&target=%7B%22exten%22%3A%22070%22%7D&reserved_at=2126-11-22T09:00:00+09:00";
    const answer = await functions.pbx("POST", "/pushes", body, {
      headers: { authorization: `Bearer ${demoKey}`, ...form },
    });
    assert.equal(
      answer.body.error.message,
      "reserved_at must be an RFC 3339 time with an offset, as 2026-11-22T09:00:00+09:00; in a form write its + as %2B",
    );
  });

  it("names the faults in the message, with what would be right", async () => {
    const push = { target: { exten: "070" }, title: "a", silent: "yes", data: { badge: 3 } };
    assert.equal(
      (await functions.pbx("POST", "/pushes", push)).body.error.message,
      "data.badge must be a string: FCM accepts nothing else; silent must be true or false",
    );
    assert.equal(
      (await functions.pbx("POST", "/calls", { ring_seconds: "30s", wait_seconds: 26 })).body.error.message,
      "call_id is required; exten is required; ring_seconds must be a whole number from 5 to 120; 1 more in issues",
    );
    assert.equal((await functions.pbx("POST", "/calls", [call])).body.error.message, "the body must be an object");
  });

  it("answers a dialplan in one short line", async () => {
    const answer = await functions.pbx("POST", "/calls?format=text", { exten: "1" });
    assert.equal(answer.text, "ERROR invalid_request\n");
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
  });
});

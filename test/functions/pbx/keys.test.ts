import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createLog, type LogEntry } from "../../../functions/src/log.ts";
import { demoKeyEntry, requestPbx, sha256, startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());

const call = { call_id: "1.1", exten: "07011112222" };

/** Sends a request to an API whose secret is `pbxKeys`; returns the answer and the log. */
async function ask(
  pbxKeys: unknown,
  request: { method?: string; path?: string; body?: unknown; headers?: Record<string, string> } = {},
) {
  const entries: LogEntry[] = [];
  const secret = typeof pbxKeys === "string" ? pbxKeys : JSON.stringify(pbxKeys);
  const url = await functions.servePbx({
    ...functions.services,
    config: { ...functions.services.config, pbxKeys: secret },
    log: createLog({ showCallerData: false, sink: (entry) => entries.push(entry) }),
  });
  const { method = "POST", path = "/calls", headers } = request;
  const body = method === "POST" ? (request.body ?? call) : request.body;
  const init = headers && { headers: { "content-type": "application/json", ...headers } };
  return { ...(await requestPbx(url, method, path, body, init)), entries };
}

describe("a PBX key", () => {
  it("is required", async () => {
    const answer = await ask([demoKeyEntry], { headers: {} });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.error.code, "unauthenticated");
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  });

  for (const authorization of ["Bearer wrong", "Bearer ", "Basic ZGVtbw==", "demo-pbx-key", "Bearer a b"]) {
    it(`must be right, unlike ${JSON.stringify(authorization)}`, async () => {
      const answer = await ask([demoKeyEntry], { headers: { authorization } });
      assert.equal(answer.status, 401);
    });
  }

  it("gets the same answer when it is wrong and when it is missing", async () => {
    const [none, wrong] = [
      await ask([demoKeyEntry], { headers: {} }),
      await ask([demoKeyEntry], { headers: { authorization: "Bearer wrong" } }),
    ];
    assert.equal(none.text, wrong.text);
  });

  it("is checked before the body", async () => {
    const answer = await ask([demoKeyEntry], { body: {}, headers: { authorization: "Bearer wrong" } });
    assert.equal(answer.status, 401);
  });

  it("is not required by /health and /openapi.json", async () => {
    assert.equal((await ask([demoKeyEntry], { method: "GET", path: "/health", headers: {} })).status, 200);
    assert.equal((await ask([demoKeyEntry], { method: "GET", path: "/openapi.json", headers: {} })).status, 200);
  });

  it("allows only what its scopes name", async () => {
    const keys = [{ ...demoKeyEntry, scopes: ["send", "lines"] }];
    assert.equal((await ask(keys)).status, 403);
    assert.equal((await ask(keys, { method: "GET", path: "/lines/070" })).status, 404);
  });

  it("reaches only the extens that it names", async () => {
    const keys = [{ ...demoKeyEntry, extens: ["070*", "+82*"] }];
    assert.equal((await ask(keys)).body.error.code, "no_devices");
    assert.equal((await ask(keys, { body: { ...call, exten: "+8210" } })).body.error.code, "no_devices");
    assert.equal((await ask(keys, { body: { ...call, exten: "0211" } })).status, 403);
    assert.equal((await ask(keys, { body: { ...call, exten: "10701" } })).status, 403);
    assert.equal((await ask(keys, { method: "DELETE", path: "/lines/0211" })).status, 403);
  });

  it("is checked for its extens wherever a request names one", async () => {
    const keys = [{ ...demoKeyEntry, extens: ["070*"] }];
    await ask([demoKeyEntry], { body: { call_id: "other.1", exten: "0211" } });
    assert.equal((await ask(keys, { method: "GET", path: "/calls/other.1" })).status, 403);
    assert.equal((await ask(keys, { method: "GET", path: "/lines/0211" })).status, 403);
    assert.equal((await ask(keys, { method: "PUT", path: "/lines/0211", body: { uid: "alice" } })).status, 403);
  });

  it("ends no call of an exten that it does not name", async () => {
    const keys = [{ ...demoKeyEntry, extens: ["070*"] }];
    for (const exten of ["0211", "0701"]) await ask([demoKeyEntry], { body: { call_id: "both.1", exten } });
    const end = async (body: object) => (await ask(keys, { path: "/calls/both.1/end", body })).status;
    assert.equal(await end({}), 403);
    assert.equal(await end({ exten: "0211" }), 403);
    assert.equal(await end({ exten: "0701" }), 200);
    assert.equal((await ask([demoKeyEntry], { path: "/calls/both.1/end", body: {} })).status, 200);
  });

  const patterns: readonly [pattern: string, exten: string, status: number][] = [
    ["*", "0701", 404],
    ["070*", "070", 404],
    ["070", "0701", 403],
    ["\\*97", "*97", 404],
    ["\\*97", "07045144897", 403],
    ["\\*9*", "*97", 404],
    ["\\*9*", "0971", 403],
    ["07\\*", "07*", 404],
    ["07\\*", "071", 403],
    ["\\**", "*1", 404],
    ["\\**", "1", 403],
  ];
  for (const [pattern, exten, status] of patterns) {
    it(`with the extens ${pattern} ${status === 404 ? "reaches" : "does not reach"} ${exten}`, async () => {
      const answer = await ask([{ ...demoKeyEntry, extens: [pattern] }], { body: { ...call, exten } });
      assert.equal(answer.status, status);
    });
  }

  it("works only from the addresses that it names", async () => {
    const keys = [{ ...demoKeyEntry, ips: ["203.0.113.0/24", "2001:db8::/32"] }];
    const from = (forwarded: string) =>
      ask(keys, { headers: { authorization: "Bearer demo-pbx-key", "x-forwarded-for": forwarded } });
    assert.equal((await from("203.0.113.7")).status, 404);
    assert.equal((await from("2001:db8::5")).status, 404);
    assert.equal((await from("198.51.100.1")).status, 403);
    assert.equal((await ask(keys)).status, 403);
  });

  it("is not accepted from an address that the client wrote in front of its own", async () => {
    const keys = [{ ...demoKeyEntry, ips: ["203.0.113.7/32"] }];
    const headers = { authorization: "Bearer demo-pbx-key", "x-forwarded-for": "203.0.113.7, 198.51.100.1" };
    assert.equal((await ask(keys, { headers })).status, 403);
  });

  for (const [proxies, forwarded, status] of [
    [0, "203.0.113.7", 403],
    [1, "203.0.113.7", 404],
    [2, "203.0.113.7, 198.51.100.1", 404],
    [2, "198.51.100.1, 203.0.113.7", 403],
  ] as const) {
    it(`looks for the address before ${proxies} trusted proxies in "${forwarded}"`, async () => {
      const { config } = functions.services;
      const pbxKeys = JSON.stringify([{ ...demoKeyEntry, ips: ["203.0.113.7"] }]);
      const url = await functions.servePbx({
        ...functions.services,
        config: { ...config, pbxKeys, trustedProxies: proxies },
      });
      const headers = {
        authorization: "Bearer demo-pbx-key",
        "x-forwarded-for": forwarded,
        "content-type": "application/json",
      };
      assert.equal((await requestPbx(url, "POST", "/calls", call, { headers })).status, status);
    });
  }

  it("can be rotated: two keys of one id are the same PBX", async () => {
    const keys = [demoKeyEntry, { id: "pbx-1", sha256: sha256("the-next-key") }];
    const body = { call_id: "rotated.1", exten: "07099998888" };
    await ask(keys, { body });
    const answer = await ask(keys, {
      method: "GET",
      path: "/calls/rotated.1",
      headers: { authorization: "Bearer the-next-key" },
    });
    assert.equal(answer.status, 200);
  });

  it("reads the calls of its own PBX only", async () => {
    const keys = [demoKeyEntry, { id: "pbx-2", sha256: sha256("other") }];
    await ask(keys, { body: { call_id: "mine.1", exten: "07099998888" } });
    const headers = { authorization: "Bearer other" };
    const answer = await ask(keys, { method: "GET", path: "/calls/mine.1", headers });
    assert.equal(answer.body.error.code, "unknown_call");
  });
});

describe("the secret PBX_KEYS", () => {
  for (const empty of ["", "[]"]) {
    it(`gives no access when it is ${JSON.stringify(empty)}, and the log says so`, async () => {
      const answer = await ask(empty);
      assert.equal(answer.status, 401);
      assert.deepEqual(
        answer.entries.map(({ severity, message }) => [severity, message]),
        [["ERROR", "pbx_keys_empty"]],
      );
    });
  }

  const broken = {
    "not JSON": '[{"id":"pbx-1","sha256":"secret-hash',
    "not an array": '{"id":"pbx-1"}',
    "without a hash": '[{"id":"pbx-1"}]',
    "with a clear-text key": '[{"id":"pbx-1","sha256":"demo-pbx-key"}]',
    "with an unknown scope": JSON.stringify([{ ...demoKeyEntry, scopes: ["everything"] }]),
    "with a bad range": JSON.stringify([{ ...demoKeyEntry, ips: ["203.0.113.7/64"] }]),
    "with half a range": JSON.stringify([{ ...demoKeyEntry, ips: ["203.0.113.7/"] }]),
    "with two prefixes": JSON.stringify([{ ...demoKeyEntry, ips: ["203.0.113.7/24/32"] }]),
    "with a misspelt restriction": JSON.stringify([{ ...demoKeyEntry, ip: ["203.0.113.7"] }]),
    "with an id that would split a call id": JSON.stringify([{ ...demoKeyEntry, id: "a~b" }]),
  };
  for (const [how, secret] of Object.entries(broken)) {
    it(`answers every request 503 when it is ${how}, and the log names it without its content`, async () => {
      const answer = await ask(secret);
      assert.equal(answer.status, 503);
      assert.equal(answer.body.error.code, "misconfigured");
      const line = JSON.stringify(answer.entries);
      assert.match(line, /PBX_KEYS/);
      assert.doesNotMatch(line, /demo-pbx-key|secret-hash/);
    });
  }
});

describe("a refused client", () => {
  it("has caused no push, and left no key in the log", () => {
    assert.equal(functions.fcm.counters.sends, 0);
    assert.doesNotMatch(functions.logged.join("\n"), /demo-pbx-key|the-next-key/);
  });
});

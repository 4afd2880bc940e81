import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { pbxKeyPath, savePbxKey } from "../../../harness/pbx-keys.ts";
import { createLog, type LogEntry } from "../../../functions/src/log.ts";
import type { Config } from "../../../functions/src/config.ts";
import { demoKey, requestPbx, startFunctions } from "../../support/functions.ts";
import { resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const call = { call_id: "1.1", exten: "07011112222" };

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Sends a request to a new instance of the API; returns the answer and the log. `grant` is what the demo key may do. */
async function ask(grant: object, request: Request = {}, config: Partial<Config> = {}) {
  const entries: LogEntry[] = [];
  const { services } = functions;
  await savePbxKey(services.db, demoKey, grant);
  const url = await functions.servePbx({
    ...services,
    config: { ...services.config, ...config },
    log: createLog({ showCallerData: false, sink: (entry) => entries.push(entry) }),
  });
  const { method = "POST", path = "/calls", headers } = request;
  const body = method === "POST" ? (request.body ?? call) : request.body;
  const init = headers && { headers: { "content-type": "application/json", ...headers } };
  return { ...(await requestPbx(url, method, path, body, init)), entries };
}

describe("a PBX key", () => {
  it("is required", async () => {
    const answer = await ask({}, { headers: {} });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.error.code, "unauthenticated");
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  });

  for (const authorization of ["Bearer wrong", "Bearer ", "Basic ZGVtbw==", "demo-pbx-key", "Bearer a b"]) {
    it(`must be right, unlike ${JSON.stringify(authorization)}`, async () => {
      const answer = await ask({}, { headers: { authorization } });
      assert.equal(answer.status, 401);
    });
  }

  it("gets the same answer when it is missing, wrong, expired, revoked and unusable", async () => {
    const past = new Date(Date.now() - 1000);
    const answers = [
      await ask({}, { headers: {} }),
      await ask({}, { headers: { authorization: "Bearer wrong" } }),
      await ask({ expiresAt: past }),
      await ask({ revokedAt: past }),
      await ask({ scopes: [] }),
    ];
    assert.equal(answers[0]?.status, 401);
    assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  });

  it("is checked before the body", async () => {
    const answer = await ask({}, { body: {}, headers: { authorization: "Bearer wrong" } });
    assert.equal(answer.status, 401);
  });

  it("is not required by /health and /openapi.json", async () => {
    assert.equal((await ask({}, { method: "GET", path: "/health", headers: {} })).status, 200);
    assert.equal((await ask({}, { method: "GET", path: "/openapi.json", headers: {} })).status, 200);
  });

  it("allows only what its scopes name", async () => {
    const grant = { scopes: ["send", "lines"] };
    assert.equal((await ask(grant)).status, 403);
    assert.equal((await ask(grant, { method: "GET", path: "/lines/070" })).status, 404);
  });

  it("reaches only the extens that it names", async () => {
    const grant = { extens: ["070*", "+82*"] };
    assert.equal((await ask(grant)).body.error.code, "no_devices");
    assert.equal((await ask(grant, { body: { ...call, exten: "+8210" } })).body.error.code, "no_devices");
    assert.equal((await ask(grant, { body: { ...call, exten: "0211" } })).status, 403);
    assert.equal((await ask(grant, { body: { ...call, exten: "10701" } })).status, 403);
    assert.equal((await ask(grant, { method: "DELETE", path: "/lines/0211" })).status, 403);
  });

  it("is checked for its extens wherever a request names one", async () => {
    const grant = { extens: ["070*"] };
    await ask({}, { body: { call_id: "other.1", exten: "0211" } });
    assert.equal((await ask(grant, { method: "GET", path: "/calls/other.1" })).status, 403);
    assert.equal((await ask(grant, { method: "GET", path: "/lines/0211" })).status, 403);
    assert.equal((await ask(grant, { method: "PUT", path: "/lines/0211", body: { uid: "alice" } })).status, 403);
  });

  it("ends no call of an exten that it does not name", async () => {
    const grant = { extens: ["070*"] };
    for (const exten of ["0211", "0701"]) await ask({}, { body: { call_id: "both.1", exten } });
    const end = async (body: object) => (await ask(grant, { path: "/calls/both.1/end", body })).status;
    assert.equal(await end({}), 403);
    assert.equal(await end({ exten: "0211" }), 403);
    assert.equal(await end({ exten: "0701" }), 200);
    assert.equal((await ask({}, { path: "/calls/both.1/end", body: {} })).status, 200);
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
      const answer = await ask({ extens: [pattern] }, { body: { ...call, exten } });
      assert.equal(answer.status, status);
    });
  }

  it("works only from the addresses that it names", async () => {
    const grant = { ips: ["203.0.113.0/24", "2001:db8::/32"] };
    const from = (forwarded: string) =>
      ask(grant, { headers: { authorization: "Bearer demo-pbx-key", "x-forwarded-for": forwarded } });
    assert.equal((await from("203.0.113.7")).status, 404);
    assert.equal((await from("2001:db8::5")).status, 404);
    assert.equal((await from("198.51.100.1")).status, 403);
    assert.equal((await ask(grant)).status, 403);
  });

  it("is not accepted from an address that the client wrote in front of its own", async () => {
    const grant = { ips: ["203.0.113.7/32"] };
    const headers = { authorization: "Bearer demo-pbx-key", "x-forwarded-for": "203.0.113.7, 198.51.100.1" };
    assert.equal((await ask(grant, { headers })).status, 403);
  });

  for (const [proxies, forwarded, status] of [
    [0, "203.0.113.7", 403],
    [1, "203.0.113.7", 404],
    [2, "203.0.113.7, 198.51.100.1", 404],
    [2, "198.51.100.1, 203.0.113.7", 403],
  ] as const) {
    it(`looks for the address before ${proxies} trusted proxies in "${forwarded}"`, async () => {
      const headers = { authorization: "Bearer demo-pbx-key", "x-forwarded-for": forwarded };
      const config = { trustedProxies: proxies, ingressClosed: true };
      assert.equal((await ask({ ips: ["203.0.113.7"] }, { headers }, config)).status, status);
    });
  }

  it("with addresses is refused where a client can write its own, and the log says so", async () => {
    const headers = { authorization: "Bearer demo-pbx-key", "x-forwarded-for": "203.0.113.7, x" };
    const answer = await ask({ ips: ["203.0.113.7"] }, { headers }, { trustedProxies: 2 });
    assert.equal(answer.status, 403);
    assert.deepEqual(
      answer.entries.map(({ severity, message }) => [severity, message]),
      [["ERROR", "key_address_unknowable"]],
    );
    assert.equal((await ask({}, { headers }, { trustedProxies: 2 })).status, 404);
  });

  it("can be rotated: two keys of one id are the same PBX", async () => {
    await savePbxKey(functions.services.db, "the-next-key");
    await ask({}, { body: { call_id: "rotated.1", exten: "07099998888" } });
    const headers = { authorization: "Bearer the-next-key" };
    assert.equal((await ask({}, { method: "GET", path: "/calls/rotated.1", headers })).status, 200);
  });

  it("reads the calls of its own PBX only", async () => {
    await savePbxKey(functions.services.db, "other", { pbxId: "pbx-2" });
    await ask({}, { body: { call_id: "mine.1", exten: "07099998888" } });
    const headers = { authorization: "Bearer other" };
    const answer = await ask({}, { method: "GET", path: "/calls/mine.1", headers });
    assert.equal(answer.body.error.code, "unknown_call");
  });

  it("grants nothing once it has expired or was revoked", async () => {
    const past = new Date(Date.now() - 1000);
    const future = new Date(Date.now() + 60_000);
    assert.equal((await ask({ expiresAt: past })).status, 401);
    assert.equal((await ask({ revokedAt: past })).status, 401);
    assert.equal((await ask({ expiresAt: future })).status, 404);
    assert.equal((await ask({ revokedAt: future })).status, 401);
  });

  it("may send so many requests a second, and then gets 429 with the time to wait", async () => {
    await savePbxKey(functions.services.db, demoKey, { requestsPerSecond: 2 });
    const { services } = functions;
    let now = services.clock.now();
    const url = await functions.servePbx({ ...services, clock: { ...services.clock, now: () => now } });
    const get = async () => requestPbx(url, "GET", "/calls/none");
    // Five seconds' worth at once.
    for (let n = 0; n < 10; n++) assert.equal((await get()).status, 404);
    const refused = await get();
    assert.deepEqual([refused.status, refused.body.error.code], [429, "too_many_requests"]);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal((await requestPbx(url, "GET", "/calls/none?format=text")).text, "ERROR too_many_requests\n");
    now += 1000;
    assert.deepEqual([(await get()).status, (await get()).status, (await get()).status], [404, 404, 429]);
  });

  for (const trustedProxies of [1, 2]) {
    it(`is limited at other addresses, too, by a rate that is not the PBX's, behind ${trustedProxies} proxies`, async () => {
      await savePbxKey(functions.services.db, demoKey, { requestsPerSecond: 2, ips: ["203.0.113.7"] });
      const { services } = functions;
      const now = services.clock.now();
      const entries: LogEntry[] = [];
      const log = createLog({ showCallerData: false, sink: (entry) => entries.push(entry) });
      const config = { ...services.config, trustedProxies };
      const url = await functions.servePbx({ ...services, config, log, clock: { ...services.clock, now: () => now } });
      const from = async (address: string) => {
        const headers = { authorization: `Bearer ${demoKey}`, "x-forwarded-for": address };
        return (await requestPbx(url, "GET", "/calls/none", undefined, { headers })).status;
      };
      const strange: number[] = [];
      for (let n = 0; n < 20; n++) strange.push(await from("198.51.100.1"));
      assert.deepEqual([strange.filter((status) => status === 403).length, strange.at(-1)], [10, 429]);
      assert.equal(entries.length, trustedProxies === 1 ? 0 : 10);
      if (trustedProxies > 1) return;
      for (let n = 0; n < 10; n++) assert.equal(await from("203.0.113.7"), 404);
      assert.equal(await from("203.0.113.7"), 429);
    });
  }

  it("may send 200 requests a second unless its document names another number", async () => {
    const { services } = functions;
    await services.db.doc(pbxKeyPath("plain")).set({ pbxId: "pbx-3", scopes: ["send"], createdAt: new Date() });
    let now = services.clock.now();
    const url = await functions.servePbx({ ...services, clock: { ...services.clock, now: () => now } });
    const init = { headers: { authorization: "Bearer plain" } };
    /** How many of so many requests are not above the rate; the key lacks their scope. */
    const countTaken = async (requests: number) => {
      const statuses: number[] = [];
      // Fewer at a time than an instance takes.
      while (statuses.length < requests) {
        const some = Array.from({ length: 100 }, async () => requestPbx(url, "GET", "/calls/none", undefined, init));
        statuses.push(...(await Promise.all(some)).map(({ status }) => status));
      }
      assert.ok(statuses.every((status) => status === 403 || status === 429));
      return statuses.filter((status) => status === 403).length;
    };
    assert.equal(await countTaken(1100), 1000);
    now += 1000;
    assert.equal(await countTaken(300), 200);
  });

  it("leaves another PBX its own rate", async () => {
    const { services } = functions;
    await savePbxKey(services.db, "busy", { pbxId: "pbx-2", requestsPerSecond: 1 });
    const busy = { headers: { authorization: "Bearer busy" } };
    const url = await functions.servePbx(services);
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await requestPbx(url, "GET", "/calls/none", undefined, busy)).status),
    );
    assert.ok(statuses.includes(429));
    assert.equal((await requestPbx(url, "GET", "/calls/none")).status, 404);
  });
});

describe("a key's document", () => {
  const broken = {
    "without scopes": { scopes: [] },
    "with an unknown scope": { scopes: ["everything"] },
    "with a bad range": { ips: ["203.0.113.7/64"] },
    "with half a range": { ips: ["203.0.113.7/"] },
    "with two prefixes": { ips: ["203.0.113.7/24/32"] },
    "with a misspelt restriction": { ip: ["203.0.113.7"] },
    "with an id that would split a call id": { pbxId: "a~b" },
    "with a time that is none": { expiresAt: "2027-01-01" },
    "with a restriction of the wrong type": { extens: "070*" },
  };
  for (const [how, grant] of Object.entries(broken)) {
    it(`gives no access ${how}, and the log names it without the key`, async () => {
      const answer = await ask(grant);
      assert.equal(answer.status, 401);
      const [line] = answer.entries;
      assert.deepEqual([line?.severity, line?.message], ["ERROR", "pbx_key_unusable"]);
      assert.equal(line?.["key"], pbxKeyPath(demoKey).slice("pbxKeys/".length).slice(0, 8));
      assert.doesNotMatch(JSON.stringify(answer.entries), /demo-pbx-key/);
    });
  }
});

describe("a key's document that is unusable", () => {
  it("affects no other key", async () => {
    const { services } = functions;
    await savePbxKey(services.db, demoKey, { scopes: [] });
    await savePbxKey(services.db, "the-next-key");
    const url = await functions.servePbx(services);
    const statusWith = async (key: string) =>
      (await requestPbx(url, "GET", "/calls/none", undefined, { headers: { authorization: `Bearer ${key}` } })).status;
    assert.deepEqual([await statusWith(demoKey), await statusWith("the-next-key")], [401, 404]);
  });
});

describe("a refused client", () => {
  it("has caused no push, and left no key in the log", () => {
    assert.equal(functions.fcm.counters.sends, 0);
    assert.doesNotMatch(functions.logged.join("\n"), /demo-pbx-key|the-next-key/);
  });
});

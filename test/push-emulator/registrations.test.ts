import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { openHttp1 } from "./connection.ts";
import type { Ask, Connection, Reply } from "./connection.ts";

const BASE = "/emulator/v1";

describe("app installs", () => {
  let emulator: PushEmulator;
  let connection: Connection;

  beforeEach(async () => {
    emulator = await startPushEmulator({ port: 0 });
    connection = openHttp1(emulator.url);
  });
  afterEach(async () => {
    connection.close();
    await emulator.close();
  });

  const create = (body?: unknown): Promise<Reply> =>
    connection.ask({ method: "POST", path: `${BASE}/registrations`, ...(body === undefined ? {} : { body }) });
  const setState = (address: string, state: unknown): Promise<Reply> =>
    connection.ask({
      method: "PATCH",
      path: `${BASE}/registrations/${encodeURIComponent(address)}`,
      body: { state },
    });

  it("have the name that they were created with", async () => {
    const named = await create({ name: "홍길동의 전화기" });
    assert.equal(named.json.name, "홍길동의 전화기");
    assert.equal("name" in (await create()).json, false);
    assert.equal((await create({ name: "two\nlines" })).status, 400);
  });

  it("are refused by the JavaScript API as by HTTP, with what is right", () => {
    const { token } = emulator.createRegistration({});
    const attempts: readonly [attempt: () => unknown, message: RegExp][] = [
      [() => emulator.createRegistration(JSON.parse('{"platform":"symbian"}')), /android, ios, web/],
      [() => emulator.createRegistration({ token: "" }), /token must match/],
      [() => emulator.createRegistration(JSON.parse('{"tokn":"a"}')), /unknown field "tokn"; known: /],
      [() => emulator.setState(token, JSON.parse('"dead"')), /online, offline, uninstalled/],
    ];
    for (const [attempt, message] of attempts) assert.throws(attempt, { status: 400, message });
    assert.equal(emulator.setState(token, "offline").state, "offline");
  });

  it("are created online, as Android, with a token in FCM's format", async () => {
    const reply = await create();
    assert.equal(reply.status, 201);
    const { token, fid, platform, state } = reply.json;
    assert.match(fid, /^[cdef][A-Za-z0-9_-]{21}$/);
    assert.match(token, new RegExp(`^${fid}:APA91b[A-Za-z0-9_-]{134}$`));
    assert.deepEqual([platform, state], ["android", "online"]);
  });

  it("can be of any platform and have a token of the caller's choice", async () => {
    for (const platform of ["android", "ios", "web"]) {
      const token = `demo-${platform}`;
      assert.equal((await create({ platform, token })).json.token, token);
    }
    const again = await create({ platform: "ios", token: "demo-ios" });
    assert.equal(again.status, 200);
    assert.equal(emulator.counters.sends, 0);
    assert.equal((await create({ platform: "web", token: "demo-ios" })).status, 409);
  });

  it("have a VoIP token if they are of iOS, and of the caller's choice", async () => {
    const { voipToken, bundleId, environment } = (await create({ platform: "ios" })).json;
    assert.match(voipToken, /^[0-9a-f]{64}$/);
    assert.deepEqual([bundleId, environment], ["com.example.app", "production"]);
    const wanted = { platform: "ios", token: "t", voipToken: "ABCD", bundleId: "com.other", environment: "sandbox" };
    const made = (await create(wanted)).json;
    assert.deepEqual(made, { ...wanted, fid: made.fid, voipToken: "abcd", state: "online" });
    assert.equal((await create(wanted)).status, 200);
    assert.deepEqual((await connection.ask({ path: `${BASE}/registrations/abcd` })).json, made);
    for (const other of [{ voipToken: "ef" }, { bundleId: "com.example.app" }, { environment: "production" }]) {
      assert.equal((await create({ ...wanted, ...other })).status, 409, JSON.stringify(other));
    }
    assert.equal((await create({ platform: "ios", voipToken: "abcd" })).status, 409);
    for (const platform of ["android", "web"]) assert.equal((await create({ platform })).json.voipToken, undefined);
  });

  it("are refused when they are invalid", async () => {
    for (const body of [
      { platform: "symbian" },
      { token: "" },
      { token: "a b" },
      { token: "x".repeat(4097) },
      { token: 7 },
      { fid: "/" },
      { plattform: "ios" },
      { platform: "android", voipToken: "ab" },
      { bundleId: "com.example.app" },
      { platform: "ios", voipToken: "abc" },
      { platform: "ios", bundleId: "a b" },
      { platform: "ios", environment: "staging" },
    ]) {
      const reply = await create(body);
      assert.equal(reply.status, 400, JSON.stringify(body));
      assert.equal(typeof reply.json.error.message, "string");
    }
  });

  it("are listed oldest first, and shown one by one by token or fid", async () => {
    const made = [(await create()).json, (await create({ platform: "ios" })).json];
    assert.deepEqual((await connection.ask({ path: `${BASE}/registrations` })).json, { registrations: made });
    assert.deepEqual((await connection.ask({ path: `${BASE}/registrations?limit=1` })).json, {
      registrations: [made[1]],
    });
    assert.equal((await connection.ask({ path: `${BASE}/registrations?limit=x` })).status, 400);
    for (const address of [made[1].token, made[1].fid]) {
      assert.deepEqual((await connection.ask({ path: `${BASE}/registrations/${address}` })).json, made[1]);
    }
    assert.equal((await connection.ask({ path: `${BASE}/registrations/nobody` })).status, 404);
  });

  it("change state by token or fid, and stay uninstalled for good", async () => {
    const { token, fid } = (await create()).json;
    assert.equal((await setState(fid, "offline")).json.state, "offline");
    assert.equal((await setState(token, "online")).json.state, "online");
    assert.equal((await setState(token, "asleep")).status, 400);
    assert.equal((await setState("nobody", "online")).status, 404);
    assert.equal((await setState(token, "uninstalled")).json.state, "uninstalled");
    assert.equal((await setState(token, "uninstalled")).status, 200);
    assert.equal((await setState(token, "online")).status, 409);
    assert.equal((await create({ token })).status, 409);
  });
});

describe("the emulator's own API", () => {
  let emulator: PushEmulator;
  let connection: Connection;

  beforeEach(async () => {
    emulator = await startPushEmulator({ port: 0 });
    connection = openHttp1(emulator.url);
  });
  afterEach(async () => {
    connection.close();
    await emulator.close();
  });

  it("answers every error with {error:{code,message}}", async () => {
    const mistakes: readonly [ask: Ask, status: number, code: string][] = [
      [{ path: "/nothing" }, 404, "not_found"],
      [{ path: `${BASE}/nothing` }, 404, "not_found"],
      [{ method: "PUT", path: `${BASE}/messages` }, 405, "method_not_allowed"],
      [{ method: "DELETE", path: `${BASE}/registrations` }, 405, "method_not_allowed"],
      [{ method: "POST", path: "/" }, 405, "method_not_allowed"],
      [{ path: `${BASE}/registrations/%E0%A4%A` }, 400, "invalid_path"],
      [{ method: "POST", path: `${BASE}/faults`, body: "{" }, 400, "invalid_json"],
      [{ method: "POST", path: `${BASE}/faults`, body: "[]" }, 400, "invalid_json"],
      [{ method: "POST", path: `${BASE}/faults`, body: Buffer.from([0x7b, 0xff]) }, 400, "invalid_json"],
      [{ method: "POST", path: `${BASE}/faults`, body: Buffer.alloc(1024 * 1024 + 1, 0x20) }, 413, "too_large"],
    ];
    for (const [ask, status, code] of mistakes) {
      const reply = await connection.ask(ask);
      assert.deepEqual([reply.status, reply.json.error.code], [status, code], ask.path);
      assert.deepEqual(Object.keys(reply.json.error), ["code", "message"]);
    }
  });

  it("can be called from a page of any origin", async () => {
    for (const path of [`${BASE}/registrations`, `${BASE}/messages`, `${BASE}/nothing`]) {
      assert.equal((await connection.ask({ path })).headers["access-control-allow-origin"], "*");
    }
    const preflight = await connection.ask({ method: "OPTIONS", path: `${BASE}/registrations/x` });
    assert.equal(preflight.status, 204);
    assert.match(String(preflight.headers["access-control-allow-methods"]), /PATCH/);
    assert.match(String(preflight.headers["access-control-allow-headers"]), /content-type/);
  });

  it("serves the inbox page and its files, which load nothing from elsewhere", async () => {
    const page = await connection.ask({ path: "/" });
    assert.equal(page.headers["content-type"], "text/html; charset=UTF-8");
    assert.equal(page.headers["cache-control"], "no-store");
    assert.match(String(page.headers["content-security-policy"]), /script-src 'self'/);
    assert.doesNotMatch(page.text, /https?:\/\//);
    const waiting = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = ""]) => path);
    const seen = new Set<string>();
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const part = await connection.ask({ path });
      assert.equal(part.status, 200, path);
      assert.match(String(part.headers["content-type"]), path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/);
      waiting.push(...[...part.text.matchAll(/from "\.(\/[^"]+)"/g)].map(([, name = ""]) => name));
    }
    assert.equal(seen.size, 14);
  });

  it("has every text in both languages", async () => {
    // The page's modules are plain JavaScript, for browsers.
    const load = async (name: string) => import(`../../packages/push-emulator/src/page/text/${name}.js`);
    const [{ en }, { ko }] = await Promise.all([load("en"), load("ko")]);
    const namesOf = (texts: object): unknown =>
      Object.entries(texts).map(([name, text]) => [name, typeof text === "object" ? namesOf(text) : typeof text]);
    assert.deepEqual(namesOf(ko), namesOf(en));
    const page = await connection.ask({ path: "/" });
    for (const [, name = ""] of page.text.matchAll(/data-(?:text|label|hint)="([^"]+)"/g)) {
      assert.equal(typeof en[name], "string", name);
    }
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { get } from "node:https";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { connect as connectTls } from "node:tls";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { redirectApple, redirectGoogle } from "../../packages/push-emulator/src/redirect-hosts.ts";
import { buildPush, signToken } from "./apns/sender.ts";
import { openHttp2 } from "./connection.ts";
import { startForSuite } from "../../packages/push-emulator/src/suite.ts";

const COUNTERS = "/emulator/v1/counters";
const SERVERS = ["fcm.googleapis.com", "iid.googleapis.com", "oauth2.googleapis.com", "www.googleapis.com"];

/** Whether this machine has ::1; containers often have none. */
async function hasIpv6(): Promise<boolean> {
  try {
    await (await startPushEmulator({ host: "::1", port: 0 })).close();
    return true;
  } catch {
    return false;
  }
}

const noIpv6 = (await hasIpv6()) ? false : "this machine has no ::1";

describe("redirecting a process to the emulator", () => {
  let emulator: PushEmulator;
  let restore: () => void;

  beforeEach(async () => {
    emulator = await startPushEmulator({ port: 0, tls: true });
    restore = redirectGoogle(emulator.address, { ca: emulator.ca });
  });
  afterEach(async () => {
    restore();
    await emulator.close();
  });

  it("covers fetch, HTTP/1.1, HTTP/2 and TLS, for each of Google's host names", async () => {
    for (const server of SERVERS) {
      const fetched = await fetch(`https://${server}${COUNTERS}`);
      assert.equal(((await fetched.json()) as { connections: number }).connections, emulator.counters.connections);
      const [response] = await once(get(`https://${server}${COUNTERS}`), "response");
      assert.equal(response.statusCode, 200);
      response.resume();
      const session = connectHttp2(`https://${server}`);
      const [headers] = await once(session.request({ ":path": COUNTERS }), "response");
      assert.equal(headers[":status"], 200);
      session.destroy();
      const socket = connectTls(443, server, { ALPNProtocols: ["h2"] });
      await once(socket, "secureConnect");
      assert.deepEqual([socket.remotePort, socket.alpnProtocol], [Number(new URL(emulator.url).port), "h2"]);
      socket.destroy();
    }
  });

  it("calls back when the connection is open", async () => {
    const socket = await new Promise((connected) => {
      const made = connectTls({ host: SERVERS[0], port: 443 }, () => connected(made));
    });
    assert.ok(socket);
  });

  it("leaves all other connections alone", async () => {
    const other = await startPushEmulator({ port: 0, tls: true });
    const { connections } = emulator.counters;
    const [response] = await once(
      get(`https://${other.address}${COUNTERS}`, { agent: false, ...(other.ca === undefined ? {} : { ca: other.ca }) }),
      "response",
    );
    response.resume();
    await once(response, "end");
    assert.deepEqual([response.statusCode, emulator.counters.connections], [200, connections]);
    await other.close();
  });

  it("trusts the process's own certificates when it is given none", async () => {
    restore();
    restore = redirectGoogle(emulator.address);
    const [error] = await once(get(`https://${SERVERS[0]}${COUNTERS}`), "error");
    assert.match(error.code, /SELF_SIGNED|UNABLE_TO_VERIFY/);
  });

  it("may end before a redirection that began later, which goes on", async () => {
    const restoreApple = redirectApple(emulator.apns.production.address, { ca: emulator.ca });
    restore();
    for (const host of ["api.push.apple.com", "api.sandbox.push.apple.com"]) {
      const apple = openHttp2(`https://${host}`);
      assert.equal((await apple.ask({ path: "/" })).status, 405);
      apple.close();
    }
    restoreApple();
    await assert.rejects(fetch(`https://${SERVERS[0]}${COUNTERS}`));
  });

  it("ends with every connection that it redirected", async () => {
    const session = connectHttp2(`https://${SERVERS[0]}`);
    await once(session, "connect");
    const closed = once(session, "close");
    restore();
    await closed;
  });

  it("accepts an IPv6 address", { skip: noIpv6 }, async () => {
    const six = await startPushEmulator({ host: "::1", port: 0, tls: true });
    restore();
    restore = redirectGoogle(six.address, { ca: six.ca });
    assert.equal((await fetch(`https://${SERVERS[0]}${COUNTERS}`)).status, 200);
    restore();
    await six.close();
  });
});

describe("an emulator for a suite", () => {
  const hooks: { before?: () => Promise<void>; afterEach?: () => void; after?: () => Promise<void> } = {};
  const frame = {
    before: (run: () => Promise<void>) => void (hooks.before = run),
    afterEach: (run: () => void) => void (hooks.afterEach = run),
    after: (run: () => Promise<void>) => void (hooks.after = run),
  };
  let push: PushEmulator;

  before(() => {
    process.env["FCM_EMULATOR_HOST"] = "127.0.0.1:1";
    delete process.env["APNS_EMULATOR_HOST"];
  });
  after(() => {
    delete process.env["FCM_EMULATOR_HOST"];
  });

  it("runs from the first test to the last, is reset after each, and leaves the process as it was", async () => {
    push = startForSuite(frame, { projectId: "demo" });
    assert.throws(() => push.url, /hooks and tests only/);
    await hooks.before?.();
    assert.equal(process.env["FCM_EMULATOR_HOST"], push.address);
    assert.equal(process.env["APNS_EMULATOR_HOST"], push.apns.production.address);
    assert.equal((await fetch(`https://${SERVERS[0]}${COUNTERS}`)).status, 200);
    for (const environment of ["production", "sandbox"] as const) {
      const { voipToken = "" } = push.createRegistration({ platform: "ios", environment });
      const apple = openHttp2(`https://api.${environment === "sandbox" ? "sandbox." : ""}push.apple.com`);
      assert.equal((await apple.ask(buildPush(voipToken, signToken()))).status, 200);
      apple.close();
    }
    push.createRegistration({ token: "t" });
    push.addFault({ drop: true });
    hooks.afterEach?.();
    assert.throws(() => push.setState("t", "offline"), /no such registration/);
    const { url } = push;
    await hooks.after?.();
    assert.equal(process.env["FCM_EMULATOR_HOST"], "127.0.0.1:1");
    assert.equal(process.env["APNS_EMULATOR_HOST"], undefined);
    await assert.rejects(fetch(url));
    assert.throws(() => push.url, /hooks and tests only/);
  });
});

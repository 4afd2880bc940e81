import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { connect as connectTcp } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { after, afterEach, before, describe, it } from "node:test";
import { connect as connectTls } from "node:tls";

import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { openHttp2 } from "../connection.ts";
import { buildPush, signToken } from "./sender.ts";

const REQUEST = "POST /3/device/ab HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
const ENVIRONMENTS = ["production", "sandbox"] as const;

describe("the ports of APNs", () => {
  let emulator: PushEmulator;
  const providerToken = signToken();

  before(async () => {
    emulator = await startPushEmulator({ port: 0, tls: true });
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  /** The data of each GOAWAY of a session. */
  const collectGoaways = (session: ClientHttp2Session): string[] => {
    const found: string[] = [];
    session.on("goaway", (_code, _last, data?: Buffer) => found.push(String(data ?? "")));
    return found;
  };

  it("answer HTTP/1.1 with a GOAWAY frame that says why, as Apple's servers do, and close", async () => {
    const address = { port: Number(new URL(emulator.apns.production.url).port), host: "127.0.0.1" };
    const clients = [connectTcp(address), connectTls({ ...address, ca: emulator.ca, ALPNProtocols: ["http/1.1"] })];
    for (const client of clients) {
      client.write(REQUEST);
      const answer = await buffer(client);
      assert.deepEqual([...answer.subarray(3, 17)], [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
      assert.equal(answer.readUIntBE(0, 3), answer.length - 9);
      const shown = Buffer.from(REQUEST).subarray(0, 24).toString("hex");
      assert.ok(answer.toString().endsWith(`preface string missing or corrupt. Hex dump for received bytes: ${shown}`));
    }
  });

  it("speak HTTP/2 over TLS and in cleartext", async () => {
    const { voipToken = "" } = emulator.createRegistration({ platform: "ios" });
    for (const url of [emulator.apns.production.url, `https://${emulator.apns.production.address}`]) {
      const sender = openHttp2(url, { ca: emulator.ca });
      assert.equal((await sender.ask(buildPush(voipToken, providerToken))).status, 200);
      sender.close();
    }
  });

  it("are of one environment each: a token of the other is a bad one", async () => {
    for (const environment of ENVIRONMENTS) {
      const { voipToken = "" } = emulator.createRegistration({ platform: "ios", environment });
      for (const port of ENVIRONMENTS) {
        const sender = openHttp2(emulator.apns[port].url);
        const reply = await sender.ask(buildPush(voipToken, providerToken));
        assert.equal(reply.text, port === environment ? "" : '{"reason":"BadDeviceToken"}');
        sender.close();
      }
    }
  });

  it("are of the environment whose host of Apple's a request names", async () => {
    for (const environment of ENVIRONMENTS) {
      const { voipToken = "" } = emulator.createRegistration({ platform: "ios", environment });
      const host = environment === "sandbox" ? "api.sandbox.push.apple.com" : "api.push.apple.com";
      for (const port of ENVIRONMENTS) {
        const session = connectHttp2(`https://${emulator.apns[port].address}`, { ca: emulator.ca, servername: host });
        for (const authority of [host, `${host}:443`]) {
          const { headers, path, body } = buildPush(voipToken, providerToken);
          const pseudo = { ":method": "POST", ":path": path, ":authority": authority };
          const stream = session.request({ ...headers, ...pseudo });
          stream.end(JSON.stringify(body));
          assert.equal((await once(stream, "response"))[0][":status"], 200);
          await text(stream);
        }
        session.destroy();
      }
    }
  });

  it("refuse the page of a web site", async () => {
    const sender = openHttp2(emulator.apns.production.url);
    const { headers, ...push } = buildPush("ab", providerToken);
    const reply = await sender.ask({ ...push, headers: { ...headers, origin: "https://evil.example.com" } });
    assert.deepEqual([reply.status, reply.json.error.code], [403, "foreign_page"]);
    sender.close();
  });

  it("count their own requests and connections", async () => {
    const start = emulator.counters;
    const { voipToken = "" } = emulator.createRegistration({ platform: "ios" });
    for (const environment of ENVIRONMENTS) {
      const sender = openHttp2(emulator.apns[environment].url);
      await sender.ask(buildPush(voipToken, providerToken));
      emulator.addFault({ channel: "apns", reason: "Shutdown" });
      await sender.ask(buildPush(voipToken, providerToken));
      sender.close();
    }
    const { apns, ...fcm } = emulator.counters;
    assert.deepEqual(
      [apns.sends, apns.accepted, apns.refused, apns.faulted, apns.connections - start.apns.connections],
      [4, 1, 1, 2, 2],
    );
    assert.deepEqual([fcm.sends, fcm.faulted, fcm.connections], [0, 0, start.connections]);
    emulator.reset();
    assert.deepEqual([emulator.counters.apns.sends, emulator.counters.apns.faulted], [0, 0]);
  });

  it("send a GOAWAY with a reason, on request and by a fault, and finish what is in flight", async () => {
    const { voipToken = "" } = emulator.createRegistration({ platform: "ios" });
    const google = openHttp2(emulator.url);
    await google.ask({ path: "/emulator/v1/counters" });
    const away = openHttp2(emulator.apns.production.url);
    assert.equal((await away.ask(buildPush(voipToken, providerToken))).status, 200);
    const found = [collectGoaways(google.session), collectGoaways(away.session)];
    const closed = [google, away].map(({ session }) => once(session, "close"));
    emulator.sendAway("Shutdown");
    await Promise.all(closed);
    assert.deepEqual(
      found.map(([first]) => first),
      ["", '{"reason":"Shutdown"}'],
    );
    for (const [fault, status] of [
      [{ goaway: true, reason: "Shutdown" }, 503],
      [{ goaway: true, reason: "IdleTimeout", status: 200 }, 200],
    ] as const) {
      emulator.addFault({ channel: "apns", ...fault });
      const sender = openHttp2(emulator.apns.production.url);
      const goaways = collectGoaways(sender.session);
      assert.equal((await sender.ask(buildPush(voipToken, providerToken))).status, status);
      assert.equal(goaways[0], JSON.stringify({ reason: fault.reason }));
      sender.close();
    }
  });

  it("are dropped and closed with FCM's", async () => {
    const other = await startPushEmulator({ port: 0 });
    for (const end of [async () => other.dropConnections(), async () => other.close()]) {
      const senders = [other.url, other.apns.production.url, other.apns.sandbox.url].map((url) => openHttp2(url));
      await Promise.all(senders.map(async ({ session }) => once(session, "remoteSettings")));
      const lost = senders.map(({ session }) => new Promise((closed) => session.once("close", closed)));
      await end();
      await Promise.all(lost);
    }
  });
});

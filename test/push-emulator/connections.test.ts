import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { request as requestHttps } from "node:https";
import { connect as connectTcp } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";

import { generate } from "selfsigned";

import { startFcmEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { FcmEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { buildSend, openHttp1, openHttp2 } from "./door.ts";
import { createHandClock } from "./hand-clock.ts";

const CLOSED = /closed|reset|cancel|refused|hang up|goaway|session/i;

describe("the one port", () => {
  let emulator: FcmEmulator;
  const clock = createHandClock();

  before(async () => {
    emulator = await startFcmEmulator({ port: 0, clock, maxConcurrentStreams: 50 });
  });
  after(() => emulator.close());

  it("counts the connections and sends it has seen", async () => {
    const start = emulator.counters;
    const { token } = emulator.createRegistration();
    for (const door of [openHttp1(emulator.url), openHttp2(emulator.url)]) {
      await door.ask(buildSend({ message: { token } }));
      await door.ask(buildSend({ message: { token: "nobody" } }));
      door.close();
    }
    const { connections, sends, accepted, refused } = emulator.counters;
    assert.deepEqual(
      [connections - start.connections, sends - start.sends, accepted - start.accepted, refused - start.refused],
      [2, 4, 2, 2],
    );
    const door = openHttp1(emulator.url);
    const counted = await door.ask({ path: "/emulator/v1/counters" });
    assert.equal(counted.json.sends, sends);
    door.close();
  });

  it("tells HTTP/1.1 from HTTP/2 even when the first bytes come one by one", async () => {
    const socket = connectTcp({ port: Number(new URL(emulator.url).port), host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const request = "GET /emulator/v1/counters HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for (const byte of request) await new Promise((written) => socket.write(byte, written));
    assert.match(await text(socket), /^HTTP\/1\.1 200 OK/);
  });

  it("closes a connection that ends before it says what it speaks", async () => {
    const socket = connectTcp(Number(new URL(emulator.url).port), "127.0.0.1");
    socket.end("G");
    socket.resume();
    await once(socket, "close");
  });

  it("says how many streams one connection may have", async () => {
    const door = openHttp2(emulator.url);
    const [settings] = await once(door.session, "remoteSettings");
    assert.equal(settings.maxConcurrentStreams, 50);
    door.close();
  });

  it("answers what is in flight after a GOAWAY, and takes nothing new on that session", async () => {
    const { token } = emulator.createRegistration();
    emulator.addFault({ match: { token }, status: 200, delay_ms: 60_000 });
    const door = openHttp2(emulator.url);
    const inFlight = door.ask(buildSend({ message: { token } }));
    await clock.waitForSleepers(1);
    const away = once(door.session, "goaway");
    emulator.sendAway();
    assert.equal((await away)[0], 0);
    await assert.rejects(door.ask({ path: "/emulator/v1/counters" }), CLOSED);
    clock.turn(60_000);
    assert.equal((await inFlight).status, 200);
    door.close();
  });

  it("sends GOAWAY for a fault and still answers", async () => {
    const { token } = emulator.createRegistration();
    emulator.addFault({ goaway: true });
    const http2 = openHttp2(emulator.url);
    const away = once(http2.session, "goaway");
    assert.equal((await http2.ask(buildSend({ message: { token } }))).status, 200);
    await away;
    http2.close();
    emulator.addFault({ goaway: true, error_code: "UNAVAILABLE" });
    const http1 = openHttp1(emulator.url);
    const reply = await http1.ask(buildSend({ message: { token } }));
    assert.deepEqual([reply.status, reply.headers["connection"]], [503, "close"]);
    http1.close();
  });

  it("resets every connection when told", async () => {
    const { token } = emulator.createRegistration();
    emulator.addFault({ match: { token }, status: 200, delay_ms: 60_000, times: 2 });
    const doors = [openHttp1(emulator.url), openHttp2(emulator.url)];
    const lost = doors.map((door) => assert.rejects(door.ask(buildSend({ message: { token } }))));
    await clock.waitForSleepers(doors.length);
    emulator.dropConnections();
    await Promise.all(lost);
    clock.turn(60_000);
    for (const door of doors) door.close();
  });

  it("lets go of everything when it is closed", async () => {
    const other = await startFcmEmulator({ port: 0 });
    const door = openHttp2(other.url);
    await door.ask({ path: "/emulator/v1/counters" });
    const closed = once(door.session, "close");
    await other.close();
    await closed;
    assert.equal(other.counters.openConnections, 0);
    const late = openHttp1(other.url);
    await assert.rejects(late.ask({ path: "/" }), { code: "ECONNREFUSED" });
  });

  it("rejects when the port is taken, naming it", async () => {
    const port = Number(new URL(emulator.url).port);
    await assert.rejects(startFcmEmulator({ port }), { code: "EADDRINUSE", port });
  });
});

describe("the port with a certificate", () => {
  let emulator: FcmEmulator;
  let cert: string;

  before(async () => {
    const pems = await generate([{ name: "commonName", value: "127.0.0.1" }], {
      extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    });
    ({ cert } = pems);
    emulator = await startFcmEmulator({ port: 0, tls: { key: pems.private, cert } });
  });
  after(() => emulator.close());

  it("speaks HTTP/2 to whoever offers it", async () => {
    assert.match(emulator.url, /^https:/);
    const { token } = emulator.createRegistration();
    const session = connectHttp2(emulator.url, { ca: cert });
    const { path } = buildSend({});
    const stream = session.request({ ":method": "POST", ":path": path, authorization: "Bearer x" });
    stream.end(JSON.stringify({ message: { token } }));
    const [headers] = await once(stream, "response");
    assert.deepEqual([headers[":status"], session.alpnProtocol], [200, "h2"]);
    stream.resume();
    await once(stream, "end");
    session.destroy();
  });

  it("speaks HTTP/1.1 to whoever does not", async () => {
    const request = requestHttps(`${emulator.url}/emulator/v1/counters`, { ca: cert, agent: false });
    request.end();
    const [response] = await once(request, "response");
    assert.equal(response.statusCode, 200);
    assert.equal(JSON.parse(await text(response)).connections, emulator.counters.connections);
  });

  it("resets a connection under TLS too", async () => {
    const { token } = emulator.createRegistration();
    emulator.addFault({ drop: true });
    const session = connectHttp2(emulator.url, { ca: cert });
    const stream = session.request({ ":method": "POST", ":path": buildSend({}).path, authorization: "Bearer x" });
    stream.on("error", () => stream.destroy());
    stream.end(JSON.stringify({ message: { token } }));
    const [error] = await once(session, "error");
    assert.equal(error.code, "ECONNRESET");
    assert.deepEqual(emulator.messages(token), []);
  });
});

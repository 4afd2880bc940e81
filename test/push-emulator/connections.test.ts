import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { request as requestHttps } from "node:https";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";

import { createCertificate } from "../../harness/certificate.ts";
import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { buildSend, openHttp1, openHttp2 } from "./connection.ts";
import { createManualClock } from "./manual-clock.ts";

const PEM = { type: "spki", format: "pem" } as const;
const CLOSED = /closed|reset|cancel|refused|hang up|goaway|session/i;

describe("the emulator's port", () => {
  let emulator: PushEmulator;
  const clock = createManualClock();

  before(async () => {
    emulator = await startPushEmulator({ port: 0, clock, maxConcurrentStreams: 50 });
  });
  after(() => emulator.close());

  it("counts its connections and sends", async () => {
    const start = emulator.counters;
    const { token } = emulator.createRegistration();
    for (const connection of [openHttp1(emulator.url), openHttp2(emulator.url)]) {
      await connection.ask(buildSend({ message: { token } }));
      await connection.ask(buildSend({ message: { token: "nobody" } }));
      connection.close();
    }
    const { connections, sends, accepted, refused } = emulator.counters;
    assert.deepEqual(
      [connections - start.connections, sends - start.sends, accepted - start.accepted, refused - start.refused],
      [2, 4, 2, 2],
    );
    const connection = openHttp1(emulator.url);
    const counted = await connection.ask({ path: "/emulator/v1/counters" });
    assert.equal(counted.json.sends, sends);
    connection.close();
  });

  it("counts each send in one way, so that the counts add up", async () => {
    const start = emulator.counters;
    const { token } = emulator.createRegistration();
    const connection = openHttp1(emulator.url);
    const send = (body: object) => connection.ask(buildSend({ message: { token }, ...body }));
    emulator.addFault({ error_code: "UNAVAILABLE", match: { token } });
    await send({});
    emulator.addFault({ status: 200, match: { token } });
    await send({});
    await send({ validate_only: true });
    await send({ validate_only: true, message: { token, oops: 1 } });
    connection.close();
    const counted = emulator.counters;
    const grown = (name: "sends" | "accepted" | "refused" | "dryRuns" | "failed" | "faulted") =>
      counted[name] - start[name];
    assert.deepEqual(
      [grown("failed"), grown("accepted"), grown("dryRuns"), grown("refused"), grown("faulted")],
      [1, 1, 1, 1, 2],
    );
    assert.equal(grown("sends"), grown("failed") + grown("accepted") + grown("dryRuns") + grown("refused"));
  });

  it("tells HTTP/1.1 from HTTP/2 even when the first bytes come one by one", async () => {
    const socket = connectTcp({ port: Number(new URL(emulator.url).port), host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const request = "GET /emulator/v1/counters HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for (const byte of request) await new Promise((written) => socket.write(byte, written));
    assert.match(await text(socket), /^HTTP\/1\.1 200 OK/);
  });

  it("answers a head that is too long while its body still comes", async () => {
    for (const bytes of [0, 200_000, 4_000_000]) {
      const connection = openHttp1(emulator.url);
      const path = `/emulator/v1/registrations/${"a".repeat(40_000)}`;
      const { status } = await connection.ask({ method: "POST", path, body: Buffer.alloc(bytes, "a") });
      assert.equal(status, 431, `${bytes} bytes`);
      connection.close();
    }
    const junk = connectTcp(Number(new URL(emulator.url).port), "127.0.0.1");
    junk.write("GET / HTTP/9.9\r\n\r\n");
    assert.match(await text(junk), /^HTTP\/1\.1 400 /);
  });

  it("closes a connection that ends before its protocol is known", async () => {
    const socket = connectTcp(Number(new URL(emulator.url).port), "127.0.0.1");
    socket.end("G");
    socket.resume();
    await once(socket, "close");
  });

  it("announces the number of concurrent streams on a connection", async () => {
    const connection = openHttp2(emulator.url);
    const [settings] = await once(connection.session, "remoteSettings");
    assert.equal(settings.maxConcurrentStreams, 50);
    connection.close();
  });

  it("answers requests in flight after a GOAWAY, and refuses new ones on that session", async () => {
    const { token } = emulator.createRegistration();
    emulator.addFault({ match: { token }, status: 200, delay_ms: 60_000 });
    const connection = openHttp2(emulator.url);
    const inFlight = connection.ask(buildSend({ message: { token } }));
    await clock.waitForSleepers(1);
    const away = once(connection.session, "goaway");
    emulator.sendAway();
    assert.equal((await away)[0], 0);
    await assert.rejects(connection.ask({ path: "/emulator/v1/counters" }), CLOSED);
    clock.turn(60_000);
    assert.equal((await inFlight).status, 200);
    connection.close();
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

  it("resets every connection on request", async () => {
    const { token } = emulator.createRegistration();
    emulator.addFault({ match: { token }, status: 200, delay_ms: 60_000, times: 2 });
    const doors = [openHttp1(emulator.url), openHttp2(emulator.url)];
    const lost = doors.map((connection) => assert.rejects(connection.ask(buildSend({ message: { token } }))));
    await clock.waitForSleepers(doors.length);
    emulator.dropConnections();
    await Promise.all(lost);
    clock.turn(60_000);
    for (const connection of doors) connection.close();
  });

  it("closes every connection when it is closed", async () => {
    const other = await startPushEmulator({ port: 0 });
    const connection = openHttp2(other.url);
    await connection.ask({ path: "/emulator/v1/counters" });
    const closed = once(connection.session, "close");
    await other.close();
    await closed;
    assert.equal(other.counters.openConnections, 0);
    const late = openHttp1(other.url);
    await assert.rejects(late.ask({ path: "/" }), { code: "ECONNREFUSED" });
  });

  it("rejects an unknown option and invalid values, and says what is right", async () => {
    const mistakes: readonly [options: object, message: RegExp][] = [
      [{ port: "x" }, /port must be a whole number, 0 to 65535/],
      [{ port: 70_000 }, /port must be/],
      [{ port: 65_535 }, /apnsPort must be a whole number, 0 to 65535/],
      [{ apnsSandboxPort: -1 }, /apnsSandboxPort must be/],
      [{ apns: 7 }, /apns must be \{ teamId, keys \}/],
      [{ apns: { teamId: "", keys: {} } }, /apns\.teamId must be/],
      [{ apns: { teamId: "T", keys: {} } }, /apns\.keys must be/],
      [{ apns: { teamId: "T", keys: { K: 7 } } }, /apns\.keys\["K"\] must be a key/],
      [{ apns: { teamId: "T", keys: { K: "x" } } }, /apns\.keys\["K"\] is no key/],
      [
        { apns: { teamId: "T", keys: { K: generateKeyPairSync("ed25519").publicKey.export(PEM) } } },
        /must be a key for ES256/,
      ],
      [{ apns: { teamId: "T", keys: {}, team: "x" } }, /unknown field "team"/],
      [{ maxMessages: -1 }, /maxMessages must be a whole number/],
      [{ maxConcurrentStreams: 0 }, /maxConcurrentStreams must be a whole number, 1 to/],
      [{ projectId: "" }, /project must be a project id/],
      [{ maxMesages: 1 }, /unknown field "maxMesages"; known: host, port/],
    ];
    for (const [options, message] of mistakes) {
      const started: unknown = await startPushEmulator({ port: 0, ...options }).then(
        async (other) => other.close(),
        (cause: unknown) => cause,
      );
      assert.ok(started instanceof Error, `${JSON.stringify(options)} was accepted`);
      assert.match(started.message, message);
    }
  });

  it("rejects when the port is taken, and names it", async () => {
    const port = Number(new URL(emulator.url).port);
    await assert.rejects(startPushEmulator({ port }), { code: "EADDRINUSE", port });
    await assert.rejects(startPushEmulator({ port: 0, apnsSandboxPort: port }), { code: "EADDRINUSE", port });
  });
});

describe("the port with a certificate", () => {
  let emulator: PushEmulator;
  let url: string;
  let ca: string;

  before(async () => {
    emulator = await startPushEmulator({ port: 0, tls: true });
    url = `https://${emulator.address}`;
    ca = emulator.ca ?? "";
  });
  after(() => emulator.close());

  /** Sends on a session; returns the status, or undefined when the connection is lost. */
  const send = async (session: ClientHttp2Session, token: string): Promise<unknown> => {
    const { path } = buildSend({});
    const stream = session.request({ ":method": "POST", ":path": path, authorization: "Bearer x" });
    stream.on("error", () => stream.destroy());
    stream.end(JSON.stringify({ message: { token } }));
    let status: unknown;
    stream.once("response", (headers) => (status = headers[":status"]));
    stream.resume();
    await new Promise((closed) => stream.once("close", closed));
    return status;
  };

  it("speaks HTTP/2 to a client that offers it", async () => {
    const { token } = emulator.createRegistration();
    const session = connectHttp2(url, { ca });
    assert.equal(await send(session, token), 200);
    assert.equal(session.alpnProtocol, "h2");
    session.destroy();
  });

  it("speaks HTTP/1.1 to a client that does not", async () => {
    const request = requestHttps(`${url}/emulator/v1/counters`, { ca, agent: false });
    request.end();
    const [response] = await once(request, "response");
    assert.equal(response.statusCode, 200);
    assert.equal(JSON.parse(await text(response)).connections, emulator.counters.connections);
  });

  it("speaks cleartext as well, HTTP/1.1 and HTTP/2", async () => {
    for (const open of [openHttp1, openHttp2]) {
      const connection = open(emulator.url);
      assert.equal((await connection.ask({ path: "/emulator/v1/counters" })).status, 200);
      connection.close();
    }
  });

  it("is trusted by a client that connects to one of Google's or Apple's host names", async () => {
    for (const servername of [
      "fcm.googleapis.com",
      "iid.googleapis.com",
      "oauth2.googleapis.com",
      "www.googleapis.com",
      "api.push.apple.com",
      "api.sandbox.push.apple.com",
      "localhost",
    ]) {
      const session = connectHttp2(url, { ca, servername });
      await once(session, "connect");
      session.destroy();
    }
    const stranger = connectHttp2(url, { ca, servername: "example.com" });
    const [error] = await once(stranger, "error");
    assert.equal(error.code, "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("accepts the user's own certificate", async () => {
    const own = await createCertificate();
    const other = await startPushEmulator({ port: 0, tls: own });
    const session = connectHttp2(`https://${other.address}`, { ca: own.cert });
    assert.equal(await send(session, other.createRegistration().token), 200);
    assert.equal(other.ca, undefined);
    session.destroy();
    await other.close();
  });

  it("survives a client that does not trust the certificate", async () => {
    const session = connectHttp2(url, { ca: (await createCertificate()).cert });
    await once(session, "error");
    const request = requestHttps(`${url}/emulator/v1/counters`, { ca, agent: false });
    request.end();
    const [response] = await once(request, "response");
    response.resume();
    await once(response, "end");
    while (emulator.counters.openConnections > 0) await new Promise(setImmediate);
  });

  it("resets a connection under TLS, too, even at the very first request", async () => {
    const { token } = emulator.createRegistration();
    for (const earlier of [0, 1]) {
      const session = connectHttp2(url, { ca });
      for (let sent = 0; sent < earlier; sent += 1) assert.equal(await send(session, token), 200);
      emulator.addFault({ drop: true });
      const lost = once(session, "error");
      assert.equal(await send(session, token), undefined);
      const [error] = await lost;
      assert.equal(error.code, "ECONNRESET");
    }
    assert.equal(emulator.messages(token).length, 1);
  });
});

describe("a client that sends https: for the scheme, as firebase-admin does", () => {
  let emulator: PushEmulator;

  before(async () => {
    emulator = await startPushEmulator({ port: 0, tls: true });
  });
  after(() => emulator.close());

  const request = async (session: ClientHttp2Session, extra: Record<string, string> = {}): Promise<number> => {
    const { path } = buildSend({});
    const { token } = emulator.createRegistration();
    const headers = { ":method": "POST", ":path": path, ":scheme": "https:", authorization: "Bearer x", ...extra };
    const stream = session.request(headers);
    stream.end(JSON.stringify({ message: { token } }));
    const [answered] = await once(stream, "response");
    stream.resume();
    await once(stream, "end");
    return Number(answered[":status"]);
  };

  it("gets answers to all of its requests, in cleartext and over TLS", async () => {
    for (const url of [emulator.url, `https://${emulator.address}`]) {
      const session = connectHttp2(url, emulator.ca === undefined ? {} : { ca: emulator.ca });
      const statuses = await Promise.all(Array.from({ length: 500 }, async () => request(session)));
      assert.deepEqual(new Set(statuses), new Set([200]), url);
      session.destroy();
    }
  });

  it("gets answers when its headers push the scheme out of the compression table, and when they fill more than a frame", async () => {
    const session = connectHttp2(emulator.url);
    for (let sent = 0; sent < 30; sent += 1) {
      assert.equal(await request(session, { [`x-${sent}`]: `${sent}`.repeat(400) }), 200);
    }
    const long = Object.fromEntries(Array.from({ length: 10 }, (_, nth) => [`x-long-${nth}`, "~^".repeat(1500)]));
    assert.equal(await request(session, long), 200);
    session.destroy();
  });

  it("gets an answer when every byte comes by itself", async () => {
    const bytes = await recordHttp2(async (session) => {
      const stream = session.request({ ":scheme": "https:", ":path": "/emulator/v1/counters" });
      stream.end();
      await once(stream, "close");
    });
    const socket = connectTcp({ port: Number(new URL(emulator.url).port), host: "127.0.0.1", noDelay: true });
    let answered = Buffer.alloc(0);
    socket.on("data", (chunk) => (answered = Buffer.concat([answered, chunk])));
    for (const byte of bytes) await new Promise((written) => socket.write(Buffer.of(byte), written));
    while (!answered.includes('"connections":')) await once(socket, "data");
    socket.destroy();
  });
});

/** The bytes that Node's HTTP/2 client sends, up to the end of its first request. */
async function recordHttp2(use: (session: ClientHttp2Session) => Promise<void>): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  // The type HEADERS, the flags with and without a priority, stream 1.
  const lastFrames = [0x05, 0x25].map((flags) => Buffer.from([1, flags, 0, 0, 0, 1]));
  const server = createTcpServer((socket) =>
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (lastFrames.some((frame) => bytes.includes(frame))) socket.destroy();
    }),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on("error", () => session.destroy());
  await use(session).catch(() => undefined);
  server.close();
  return bytes;
}

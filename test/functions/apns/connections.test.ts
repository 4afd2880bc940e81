import assert from "node:assert/strict";
import events from "node:events";
import { constants } from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { createApnsClient, type ApnsClient } from "../../../functions/src/apns/client.ts";
import type { ApnsTarget } from "../../../functions/src/apns/message.ts";
import { findApns } from "../../../functions/src/apns/origins.ts";
import { sendBudget, type Budget } from "../../../functions/src/transport/budget.ts";
import { createTestClock, type TestClock } from "../../support/clock.ts";
import type { Received, ScriptedPeer } from "../../support/scripted-peer.ts";
import { createKey, refuse, startScriptedApns, withClient, type ScriptedApns } from "./scripted-apns.ts";

const target: ApnsTarget = { token: "a1".repeat(32), topic: "com.example.app.voip", environment: "production" };
const message = { payload: { type: "call" } };
/** Long enough for everything here; half of it is, too. */
const once: Budget = { ...sendBudget(), attemptTimeoutMs: 1000, retryDelayMs: () => undefined };
const minute = 60_000;

let apns: ScriptedApns;
let peer: ScriptedPeer;
let clock: TestClock;
let client: ApnsClient;

/** The different outcomes of `count` concurrent sends, each with one try. */
async function send(count: number, budget: Partial<Budget> = {}): Promise<string[]> {
  const sends = Array.from({ length: count }, () => client.send(target, message, { ...once, ...budget }));
  const outcomes = await Promise.all(sends);
  return [...new Set(outcomes.map((outcome) => ("code" in outcome ? outcome.code : outcome.status)))];
}

/** Holds `count` requests, gives them all to `react`, and accepts all later ones. */
function holdThen(count: number, react: (held: readonly Received[]) => void): void {
  const held: Received[] = [];
  peer.script((received) => {
    held.push(received);
    if (held.length < count) return;
    peer.script((later) => later.accept());
    react(held);
  });
}

/** The request that arrives next; it has no answer yet. */
async function holdNext(): Promise<Received> {
  const { promise, resolve } = Promise.withResolvers<Received>();
  peer.script(resolve);
  return promise;
}

/** Resolves when the client has had the chance to write more: it has read what came before the first of two pings. */
async function settle(received: Received): Promise<void> {
  await received.settled();
  await received.settled();
}

/** Closes a connection without an answer, once the client has read why. */
async function leave(received: Received, data: string | undefined): Promise<void> {
  received.goAway(data === undefined ? {} : { data });
  await received.settled();
  received.dropConnection();
}

/** A server that takes one connection and passes it on as late as the test says. */
async function openGate() {
  const { promise: opened, resolve } = Promise.withResolvers<(origin: string) => void>();
  const gate = createServer((socket: Socket) => {
    resolve((origin) => {
      const onwards = connect(Number(new URL(origin).port), "127.0.0.1");
      for (const end of [socket, onwards]) end.on("error", () => {});
      socket.pipe(onwards).pipe(socket);
    });
  });
  await events.once(gate.listen(0, "127.0.0.1"), "listening");
  const address = gate.address();
  return { port: typeof address === "object" ? address?.port : undefined, opened, close: () => gate.close() };
}

function createClient(origins: { production: string; sandbox: string }, ca?: string): ApnsClient {
  const { text: key } = createKey();
  return createApnsClient({ teamId: "TEAM000001", keyId: "KEY0000001", key, origins, clock, ...(ca && { ca }) });
}

function setUp(options: Parameters<typeof startScriptedApns>[0] = {}): void {
  before(async () => {
    apns = await startScriptedApns(options);
    peer = apns.production;
  });
  after(() => apns.close());
  beforeEach(() => {
    peer.forget();
    clock = createTestClock();
    const { production, sandbox } = apns;
    client = createClient({ production: production.origin, sandbox: sandbox.origin }, production.ca);
  });
  afterEach(() => client.close());
}

describe("the connections to APNs, HTTP/2 over TLS,", () => {
  setUp();

  it("are one connection for sends one after another", async () => {
    for (let n = 0; n < 20; n++) assert.deepEqual(await send(1), ["accepted"]);
    assert.equal(peer.connections, 1);
  });

  it("carry one request until that is answered, and then all that wait", async () => {
    const first = holdNext();
    const sends = send(100, { attemptTimeoutMs: 10_000 });
    const held = await first;
    await settle(held);
    assert.deepEqual([peer.received.length, peer.connections], [1, 1]);
    const others: Received[] = [];
    peer.script((received) => {
      others.push(received);
      if (others.length === 99) others.forEach((each) => each.accept());
    });
    held.accept();
    assert.deepEqual(await sends, ["accepted"]);
    assert.deepEqual([peer.received.length, peer.connections], [100, 1]);
  });

  it("carry one request alone again when the first one was refused and its connection is of no use", async () => {
    const first = holdNext();
    const sends = send(10, { attemptTimeoutMs: 10_000 });
    const held = await first;
    const second = holdNext();
    refuse(held, 503, "Shutdown");
    const next = await second;
    await settle(next);
    assert.deepEqual([peer.received.length, peer.connections], [2, 2]);
    peer.script((received) => received.accept());
    next.accept();
    assert.deepEqual(await sends, ["accepted"]);
    assert.equal(peer.connections, 2);
  });

  it("are more for more than a thousand concurrent sends", async () => {
    await send(1);
    holdThen(1001, (held) => held.forEach((received) => received.accept()));
    assert.deepEqual(await send(1001, { attemptTimeoutMs: 10_000 }), ["accepted"]);
    assert.equal(peer.connections, 2);
  });

  it("to a closed port lead to unavailable, and the push was not delivered", async () => {
    const lost = createClient({ production: "https://127.0.0.1:1", sandbox: "https://127.0.0.1:1" });
    assert.deepEqual(await lost.send(target, message, once), { status: "unavailable", code: "ECONNREFUSED" });
    await lost.close();
  });

  it("fail once for all sends that wait for the first one", async (test) => {
    let connections = 0;
    const noApns = createServer((socket) => {
      connections++;
      socket.on("error", () => {});
      socket.end("This is no TLS.");
    });
    test.after(() => noApns.close());
    noApns.listen(0, "127.0.0.1");
    await events.once(noApns, "listening");
    const address = noApns.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const lost = createClient({ production: `https://127.0.0.1:${port}`, sandbox: "https://127.0.0.1:1" });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => lost.send(target, message, once)));
    for (const outcome of outcomes) {
      assert.deepEqual(outcome, { status: "unavailable", code: "ERR_SSL_WRONG_VERSION_NUMBER" });
    }
    assert.equal(connections, 1);
    await lost.close();
  });

  it("cost a send that waits for the first one no more than its time, and it was not delivered", async () => {
    peer.script(() => {});
    const first = client.send(target, message, { ...once, attemptTimeoutMs: 300 });
    const waiting = await client.send(target, message, { ...once, attemptTimeoutMs: 30 });
    assert.deepEqual(waiting, { status: "unavailable", code: "timeout" });
    assert.deepEqual(await first, { status: "unavailable", code: "timeout", mayBeDelivered: true });
    assert.equal(peer.received.length, 1);
  });

  it("carry no request that has waited for the first one for too long", async () => {
    const arrived = holdNext();
    const first = client.send(target, message, once);
    const waiting = client.send(target, message, { ...once, totalMs: 500 });
    const held = await arrived;
    clock.advance(500);
    held.accept();
    assert.equal((await first).status, "accepted");
    assert.deepEqual(await waiting, { status: "unavailable", code: "timeout" });
    await settle(held);
    assert.equal(peer.received.length, 1);
  });

  it("carry no request that is not wanted any more when the first one is answered", async () => {
    const arrived = holdNext();
    const first = client.send(target, message, once);
    let isWanted = true;
    const waiting = client.send(target, message, { ...once, isStillWanted: async () => isWanted });
    const held = await arrived;
    isWanted = false;
    held.accept();
    assert.equal((await first).status, "accepted");
    assert.deepEqual(await waiting, { status: "unavailable", code: "not_wanted" });
    await settle(held);
    assert.equal(peer.received.length, 1);
  });

  it("carry no request that was stopped while they were being opened", async (test) => {
    const { port, opened, close } = await openGate();
    test.after(close);
    const origin = `https://127.0.0.1:${port}`;
    const slow = createClient({ production: origin, sandbox: origin }, peer.ca);
    const stopping = new AbortController();
    const stopped = slow.send(target, message, { ...once, signal: stopping.signal });
    const passOn = await opened;
    stopping.abort();
    passOn(peer.origin);
    assert.deepEqual(await stopped, { status: "unavailable", code: "not_wanted" });
    // The connection is of use for the next one.
    assert.equal((await slow.send(target, message, once)).status, "accepted");
    assert.deepEqual([peer.received.length, peer.connections], [1, 1]);
    await slow.close();
  });

  it("to a server with another certificate lead to unavailable", async () => {
    const { production, sandbox } = apns;
    const stranger = createClient({ production: production.origin, sandbox: sandbox.origin });
    const outcome = await stranger.send(target, message, once);
    assert.deepEqual(outcome, { status: "unavailable", code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    await stranger.close();
  });
});

describe("a connection to APNs that breaks", () => {
  setUp();

  it("is replaced without a retry when APNs closed it while it was idle", async () => {
    await send(1);
    peer.dropAll();
    assert.deepEqual(await send(1), ["accepted"]);
    assert.equal(peer.connections, 2);
  });

  it("is replaced, and its requests are sent again at once, first one alone", async () => {
    await send(1);
    holdThen(50, (held) => held[0]?.dropConnection());
    assert.deepEqual(await send(50), ["accepted"]);
    assert.deepEqual([peer.connections, peer.received.length], [2, 1 + 50 + 50]);
  });

  it("leaves it open whether the push was delivered when the second connection brings a refusal", async () => {
    await send(1);
    let requests = 0;
    peer.script((received) => {
      if (++requests === 1) received.dropConnection();
      else if (requests === 2) refuse(received, 403, "ExpiredProviderToken");
      else refuse(received, 503, "ServiceUnavailable");
    });
    const outcome = await client.send(target, message, once);
    assert.deepEqual(outcome, { status: "unavailable", code: "ServiceUnavailable", mayBeDelivered: true });
    assert.equal(requests, 3);
  });

  it("is not replaced for a push that is not wanted any more", async () => {
    await send(1);
    let isWanted = true;
    peer.script((received) => {
      isWanted = false;
      received.dropConnection();
    });
    const outcome = await client.send(target, message, { ...once, isStillWanted: async () => isWanted });
    assert.deepEqual(outcome, { status: "unavailable", code: "connection_lost", mayBeDelivered: true });
    assert.deepEqual([peer.connections, peer.received.length], [1, 2]);
  });

  it("is asked about as a repeat before its request is sent again", async () => {
    await send(1);
    const asked: boolean[] = [];
    const isStillWanted = async (isRepeat: boolean) => asked.push(isRepeat) > 0;
    peer.script((received) => (received.connection > 1 ? received.accept() : received.dropConnection()));
    assert.equal((await client.send(target, message, { ...once, isStillWanted })).status, "accepted");
    assert.deepEqual(asked, [false, true]);
  });

  it("at its first request leads to unavailable, and the push may have been delivered", async () => {
    peer.script((received) => received.dropConnection());
    const outcome = await client.send(target, message, once);
    assert.deepEqual(outcome, { status: "unavailable", code: "connection_lost", mayBeDelivered: true });
  });

  it("survives the reset of a stream", async () => {
    await send(1);
    holdThen(1, ([received]) => received?.reset());
    assert.deepEqual(await send(1), ["ERR_HTTP2_STREAM_ERROR"]);
    assert.deepEqual(await send(1), ["accepted"]);
    assert.equal(peer.connections, 1);
  });

  it("does not stay alone when its first request was reset", async () => {
    holdThen(1, ([received]) => received?.reset());
    assert.deepEqual(await send(5), ["ERR_HTTP2_STREAM_ERROR", "accepted"]);
    assert.equal(peer.connections, 1);
  });

  it("is left when it does not answer in time, so that the retry has a new one", async () => {
    await send(1);
    peer.script((received) => received.connection > 1 && received.accept());
    const retry = (_: unknown, retries: number) => (retries === 0 ? 1 : undefined);
    assert.deepEqual(await send(3, { attemptTimeoutMs: 200, retryDelayMs: retry }), ["accepted"]);
    assert.equal(peer.connections, 2);
  });

  it("is kept when only one answer is late", async () => {
    await send(1);
    let late = 1;
    peer.script((received) => (late-- > 0 ? undefined : received.accept()));
    assert.deepEqual(await send(3, { attemptTimeoutMs: 200 }), ["timeout", "accepted"]);
    assert.deepEqual([await send(1), peer.connections], [["accepted"], 1]);
  });
});

describe("a connection to APNs after idleness", () => {
  setUp();

  it("that is dead without a sign costs half of a send's time, and no retry", async () => {
    await send(1);
    clock.advance(2 * minute);
    peer.script((received) => received.connection > 1 && received.accept());
    const startedAt = performance.now();
    assert.deepEqual(await send(3, { attemptTimeoutMs: 600 }), ["accepted"]);
    assert.ok(performance.now() - startedAt >= 290);
    assert.deepEqual([peer.connections, peer.received.length], [2, 1 + 3 + 3]);
  });

  it("that is dead without a sign costs half a second at most", async () => {
    await send(1);
    clock.advance(2 * minute);
    peer.script((received) => received.connection > 1 && received.accept());
    const startedAt = performance.now();
    assert.deepEqual(await send(1, { attemptTimeoutMs: 4000 }), ["accepted"]);
    assert.ok(performance.now() - startedAt < 900);
  });

  it("that is dead twice leads to a timeout, and the push may have been delivered", async () => {
    await send(1);
    clock.advance(2 * minute);
    peer.script(() => {});
    const outcome = await client.send(target, message, { ...once, attemptTimeoutMs: 100 });
    assert.deepEqual(outcome, { status: "unavailable", code: "timeout", mayBeDelivered: true });
    assert.deepEqual([peer.connections, peer.received.length], [2, 3]);
  });

  it("that is alive is used on", async () => {
    await send(1);
    clock.advance(8 * minute);
    assert.deepEqual(await send(3), ["accepted"]);
    assert.equal(peer.connections, 1);
  });

  it("is not doubted when it has just been used", async () => {
    await send(1);
    clock.advance(minute / 2);
    peer.script((received) => received.connection > 1 && received.accept());
    assert.deepEqual(await send(1, { attemptTimeoutMs: 100 }), ["timeout"]);
    assert.equal(peer.connections, 1);
  });

  it("of nine minutes is not used again: a firewall has dropped it", async () => {
    await send(1);
    clock.advance(9 * minute + 1);
    assert.deepEqual(await send(1), ["accepted"]);
    assert.equal(peer.connections, 2);
  });
});

describe("a GOAWAY of APNs", () => {
  setUp();
  const shutdown = { data: JSON.stringify({ reason: "Shutdown" }) };

  it("lets the requests in flight finish, and later ones use a new connection, first one alone", async () => {
    await send(1);
    const held: Received[] = [];
    peer.script((received) => held.push(received));
    const underWay = send(50, { attemptTimeoutMs: 10_000 });
    await peer.arrivals(51);
    held[0]?.goAway(shutdown);
    await held[0]?.settled();
    const first = holdNext();
    const later = send(10, { attemptTimeoutMs: 10_000 });
    const alone = await first;
    await settle(alone);
    assert.deepEqual([peer.received.length, peer.connections], [52, 2]);
    peer.script((received) => received.accept());
    alone.accept();
    assert.deepEqual(await later, ["accepted"]);
    held.forEach((received) => received.accept());
    assert.deepEqual(await underWay, ["accepted"]);
    assert.deepEqual([peer.connections, peer.received.length], [2, 1 + 50 + 10]);
  });

  it("that leaves requests out has them sent again at once", async () => {
    await send(1);
    holdThen(20, (held) => {
      held[4]?.goAwayAfterThis(shutdown);
      held.slice(0, 5).forEach((received) => received.accept());
    });
    assert.deepEqual(await send(20), ["accepted"]);
    assert.deepEqual([peer.connections, peer.received.length], [2, 36]);
  });

  for (const [name, code] of Object.entries({
    // What APNs said to clients that kept to its limits: https://developer.apple.com/forums/thread/54407
    "a refused stream": constants.NGHTTP2_REFUSED_STREAM,
    "an internal error": constants.NGHTTP2_INTERNAL_ERROR,
    "too much of something": constants.NGHTTP2_ENHANCE_YOUR_CALM,
  })) {
    it(`with the code for ${name} has the requests in flight sent again at once`, async () => {
      await send(1);
      const data = "Maximum active streams violated for this endpoint.";
      holdThen(20, (held) => held[9]?.goAwayAfterThis({ code, data }));
      assert.deepEqual(await send(20), ["accepted"]);
      assert.ok(peer.connections <= 3, `${peer.connections} connections`);
    });
  }

  it("before the answer gives the failure its reason", async () => {
    await send(1);
    peer.script(async (received) => leave(received, JSON.stringify({ reason: "BadCertificate" })));
    const outcome = await client.send(target, message, once);
    assert.deepEqual(outcome, { status: "unavailable", code: "BadCertificate", mayBeDelivered: true });
  });

  it("without a reason, or with one that is no word, leaves connection_lost", async () => {
    for (const data of [undefined, "", "{", "session_timed_out", '{"reason":7}', '{"reason":"a b"}']) {
      peer.script(async (received) => leave(received, data));
      assert.deepEqual(await send(1), ["connection_lost"]);
    }
  });
});

describe("a connection to APNs that allows one request until a token is accepted", () => {
  setUp({ streams: 1 });

  it("gets one at a time until it allows more, also when the first is refused", async () => {
    let inFlight = 0;
    let most = 0;
    let refused = 3;
    peer.script((received) => {
      most = Math.max(most, ++inFlight);
      setImmediate(() => {
        inFlight--;
        if (refused-- > 0) return refuse(received, 400, "DeviceTokenNotForTopic");
        return received.accept();
      });
    });
    assert.deepEqual(await send(10, { attemptTimeoutMs: 10_000 }), ["DeviceTokenNotForTopic", "accepted"]);
    assert.deepEqual([most, peer.connections], [1, 1]);
  });

  it("gets the others at once when it allows more", async () => {
    const first = holdNext();
    const sends = send(100, { attemptTimeoutMs: 10_000 });
    const held = await first;
    holdThen(99, (others) => others.forEach((received) => received.accept()));
    held.allow(1000);
    held.accept();
    assert.deepEqual(await sends, ["accepted"]);
    assert.deepEqual([peer.received.length, peer.connections], [100, 1]);
  });
});

describe("the connections to the APNs emulator, HTTP/2 without TLS,", () => {
  before(async () => {
    apns = await startScriptedApns({ isPlain: true });
  });
  after(() => apns.close());
  beforeEach(() => {
    apns.production.forget();
    apns.sandbox.forget();
  });

  it("carry concurrent requests to both environments, one connection each", async () => {
    await withClient(apns, {}, async (plain) => {
      for (const environment of ["production", "sandbox"] as const) {
        const held: Received[] = [];
        await plain.send({ ...target, environment }, message, once);
        apns[environment].script((received) => {
          held.push(received);
          if (held.length === 50) held.forEach((each) => each.accept());
        });
        const sends = Array.from({ length: 50 }, () => plain.send({ ...target, environment }, message, once));
        const outcomes = await Promise.all(sends);
        assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(["accepted"]));
        assert.deepEqual([apns[environment].connections, apns[environment].received.length], [1, 51]);
        assert.equal(held[0]?.headers[":scheme"], "http");
      }
    });
  });

  it("lead to the emulator's host", async () => {
    const emulatorHost = new URL(apns.production.origin).host;
    const { text: key } = createKey();
    const plain = createApnsClient({ teamId: "TEAM000001", keyId: "KEY0000001", key, emulatorHost });
    assert.equal((await plain.send(target, message, once)).status, "accepted");
    assert.equal(apns.production.received.length, 1);
    await plain.close();
  });
});

describe("the address of APNs", () => {
  it("is Apple's, for each environment", () => {
    assert.deepEqual(findApns({}), {
      origins: { production: "https://api.push.apple.com", sandbox: "https://api.sandbox.push.apple.com" },
    });
  });

  it("is one of the emulator's, which knows the environment by the host that a request names", () => {
    for (const emulatorHost of ["127.0.0.1:9191", "[::1]:9191"]) {
      assert.deepEqual(findApns({ emulatorHost }), {
        origins: { production: `http://${emulatorHost}`, sandbox: `http://${emulatorHost}` },
        hosts: { production: "api.push.apple.com", sandbox: "api.sandbox.push.apple.com" },
      });
    }
  });

  it("is the given one before all others", () => {
    const origins = { production: "https://a.example", sandbox: "https://b.example" };
    assert.deepEqual(findApns({ origins, emulatorHost: "127.0.0.1:9191" }), { origins });
  });
});

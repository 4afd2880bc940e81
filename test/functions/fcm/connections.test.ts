import assert from "node:assert/strict";
import { constants } from "node:http2";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { sendBudget, type Budget } from "../../../functions/src/transport/budget.ts";
import { createFcmClient, type FcmClient } from "../../../functions/src/fcm/client.ts";
import type { Outcome } from "../../../functions/src/transport/outcome.ts";
import type { Received, ScriptedPeer } from "../../support/scripted-peer.ts";
import { startScriptedFcm } from "./scripted-fcm.ts";

const target = { kind: "token", value: "cX1yZ2:APA91bExample" } as const;
const message = { data: { type: "silent" } };

let fcm: ScriptedPeer;
let client: FcmClient;

/** Starts `count` concurrent sends; retries wait no time, so that only the connections matter. */
async function send(count: number, budget: Partial<Budget> = {}): Promise<string[]> {
  const patient = { ...sendBudget(), retryDelayMs: (_: unknown, retries: number) => (retries === 0 ? 1 : undefined) };
  const outcomes = await Promise.all(
    Array.from({ length: count }, () => client.send(target, message, { ...patient, ...budget })),
  );
  return [...new Set(outcomes.map((outcome: Outcome) => ("code" in outcome ? outcome.code : outcome.status)))];
}

/** Holds `count` sends, gives them all to `react`, and accepts all later ones. */
function holdThen(count: number, react: (held: readonly Received[]) => void): void {
  const held: Received[] = [];
  fcm.script((received) => {
    held.push(received);
    if (held.length < count) return;
    fcm.script((later) => later.accept());
    react(held);
  });
}

describe("the connections to FCM, HTTP/2 over TLS,", () => {
  before(async () => {
    fcm = await startScriptedFcm();
  });
  after(() => fcm.close());
  beforeEach(() => {
    fcm.forget();
    const fetchToken = async () => ({ value: "token", expiresAt: Date.now() + 3_600_000 });
    client = createFcmClient({ projectId: "demo", origin: fcm.origin, ca: fcm.ca, fetchToken });
  });
  afterEach(() => client.close());

  it("are one connection for sends one after another", async () => {
    for (let n = 0; n < 20; n++) assert.deepEqual(await send(1), ["accepted"]);
    assert.equal(fcm.connections, 1);
  });

  it("are one connection for a hundred concurrent sends, also before it is open", async () => {
    holdThen(100, (held) => held.forEach((received) => received.accept()));
    assert.deepEqual(await send(100), ["accepted"]);
    assert.equal(fcm.connections, 1);
  });

  it("are more for more sends, up to the maximum", async () => {
    holdThen(250, (held) => held.forEach((received) => received.accept()));
    assert.deepEqual(await send(250), ["accepted"]);
    assert.equal(fcm.connections, 3);
  });

  it("queue the sends beyond their capacity", async () => {
    await client.close();
    const fetchToken = async () => ({ value: "token", expiresAt: Date.now() + 3_600_000 });
    client = createFcmClient({ projectId: "demo", origin: fcm.origin, ca: fcm.ca, fetchToken, connections: 2 });
    assert.deepEqual(await send(500), ["accepted"]);
    assert.equal(fcm.connections, 2);
  });

  it("are replaced without a retry when the peer dropped them while they were idle", async () => {
    await send(1);
    fcm.dropAll();
    const neverRetry = { retryDelayMs: () => undefined };
    assert.deepEqual(await send(1, neverRetry), ["accepted"]);
    assert.equal(fcm.connections, 2);
  });

  it("that break are replaced, and their sends in flight are sent again, once each", async () => {
    await send(1);
    holdThen(50, (held) => held[0]?.dropConnection());
    assert.deepEqual(await send(50), ["accepted"]);
    assert.equal(fcm.connections, 2);
    assert.equal(fcm.received.length, 1 + 50 + 50);
  });

  it("that break again and again lead to unavailable", async () => {
    fcm.script((received) => received.dropConnection());
    assert.deepEqual(await send(3), ["connection_lost"]);
  });

  it("that get a GOAWAY finish their requests, and later ones use a new connection", async () => {
    await send(1);
    const held: Received[] = [];
    fcm.script((received) => held.push(received));
    const underWay = send(50);
    await fcm.arrivals(51);
    fcm.script((received) => received.accept());
    held[0]?.goAway();
    await held[0]?.settled();
    assert.deepEqual(await send(10), ["accepted"]);
    held.forEach((received) => received.accept());
    assert.deepEqual(await underWay, ["accepted"]);
    assert.deepEqual([fcm.connections, fcm.received.length], [2, 1 + 50 + 10]);
  });

  it("that get a GOAWAY with unprocessed sends send those again at once on a new connection", async () => {
    await send(1);
    holdThen(20, (held) => {
      held[4]?.goAwayAfterThis();
      fcm.script((later) => {
        later.accept();
        // The last refused send has arrived: processed ones need not have been answered before the retry.
        if (fcm.received.length === 1 + 20 + 15) held.slice(0, 5).forEach((received) => received.accept());
      });
    });
    assert.deepEqual(await send(20, { retryDelayMs: () => undefined }), ["accepted"]);
    assert.deepEqual([fcm.connections, fcm.received.length], [2, 36]);
  });

  it("that get a GOAWAY with an error code send everything in flight again at once", async () => {
    await send(1);
    holdThen(20, (held) => held[4]?.goAwayAfterThis({ code: constants.NGHTTP2_ENHANCE_YOUR_CALM }));
    assert.deepEqual(await send(20, { retryDelayMs: () => undefined }), ["accepted"]);
  });

  it("survive the reset of a stream", async () => {
    let resets = 1;
    fcm.script((received) => (resets-- > 0 ? received.reset() : received.accept()));
    assert.deepEqual(await send(5), ["accepted"]);
    assert.deepEqual([fcm.connections, fcm.received.length], [1, 6]);
  });

  it("that do not answer pings are replaced", async () => {
    await send(1);
    fcm.script((received) => received.connection > 1 && received.accept());
    assert.deepEqual(await send(3, { attemptTimeoutMs: 250 }), ["accepted"]);
    assert.equal(fcm.connections, 2);
  });

  it("are kept when only one answer is late", async () => {
    let late = 1;
    fcm.script((received) => (late-- > 0 ? undefined : received.accept()));
    assert.deepEqual(await send(3, { attemptTimeoutMs: 250 }), ["accepted"]);
    assert.equal(fcm.connections, 1);
  });

  it("to a server that never answers lead to a timeout, within the given time", async () => {
    fcm.script(() => {});
    const startedAt = performance.now();
    assert.deepEqual(await send(1, { attemptTimeoutMs: 30, totalMs: 1000 }), ["timeout"]);
    assert.ok(performance.now() - startedAt < 3000);
    assert.equal(fcm.received.length, 2);
  });

  it("to a closed port lead to unavailable", async () => {
    const lost = createFcmClient({ projectId: "demo", emulatorHost: "127.0.0.1:1" });
    const outcome = await lost.send(target, message, { ...sendBudget(), retryDelayMs: () => undefined });
    assert.deepEqual(outcome, { status: "unavailable", code: "ECONNREFUSED" });
    await lost.close();
  });

  it("to a server with another certificate lead to unavailable", async () => {
    const fetchToken = async () => ({ value: "secret", expiresAt: Date.now() + 3_600_000 });
    const stranger = createFcmClient({ projectId: "demo", origin: fcm.origin, fetchToken });
    const outcome = await stranger.send(target, message, { ...sendBudget(), retryDelayMs: () => undefined });
    assert.deepEqual(outcome, { status: "unavailable", code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    assert.equal(fcm.received.length, 0);
    await stranger.close();
  });
});

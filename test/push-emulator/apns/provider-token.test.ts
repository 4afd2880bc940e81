import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { once } from "node:events";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { openHttp2 } from "../connection.ts";
import { createManualClock } from "../manual-clock.ts";
import type { ManualClock } from "../manual-clock.ts";
import { buildPush, createKey, signToken } from "./sender.ts";

const MINUTE_MS = 60_000;
const toPublic = (key: string): string => createPublicKey(key).export({ type: "spki", format: "pem" }).toString();

describe("a sender's connection to APNs", () => {
  let emulator: PushEmulator;
  let clock: ManualClock;
  let voipToken: string;
  let sender: ReturnType<typeof openHttp2>;

  const start = async (options = {}): Promise<void> => {
    clock = createManualClock();
    emulator = await startPushEmulator({ port: 0, clock, ...options });
    voipToken = emulator.createRegistration({ platform: "ios" }).voipToken ?? "";
    sender = openHttp2(emulator.apns.production.url);
  };
  beforeEach(() => start());
  afterEach(async () => {
    sender.close();
    await emulator.close();
  });

  const sign = (parts = {}): string => signToken({ issuedAt: clock.now(), ...parts });
  /** Sends with a provider token; returns the reason of the answer, or the status 200. */
  const push = async (token: string, connection = sender): Promise<unknown> => {
    const reply = await connection.ask(buildPush(voipToken, token));
    return reply.status === 200 ? 200 : reply.json.reason;
  };

  it("uses one provider token for an hour, then another", async () => {
    const first = sign();
    assert.equal(await push(first), 200);
    clock.turn(60 * MINUTE_MS);
    assert.equal(await push(first), 200);
    clock.turn(1);
    assert.equal(await push(first), "ExpiredProviderToken");
    assert.equal(await push(sign()), 200);
  });

  it("may not change it within twenty minutes, and goes on with the old one", async () => {
    const first = sign();
    assert.equal(await push(first), 200);
    clock.turn(20 * MINUTE_MS - 1000);
    assert.equal(await push(sign()), "TooManyProviderTokenUpdates");
    assert.equal(await push(first), 200);
    clock.turn(1000);
    assert.equal(await push(sign()), 200);
    const other = openHttp2(emulator.apns.production.url);
    assert.equal(await push(sign({ issuedAt: clock.now() - MINUTE_MS }), other), 200);
    other.close();
  });

  it("may change it at once when a fault has called it expired", async () => {
    assert.equal(await push(sign()), 200);
    emulator.addFault({ channel: "apns", reason: "ExpiredProviderToken" });
    assert.equal(await push(sign()), "ExpiredProviderToken");
    clock.turn(1000);
    assert.equal(await push(sign()), 200);
  });

  it("has one stream until its first valid provider token, then a thousand", async () => {
    const [first] = await once(sender.session, "remoteSettings");
    assert.equal(first.maxConcurrentStreams, 1);
    const raised = once(sender.session, "remoteSettings");
    assert.equal(await push("x"), "InvalidProviderToken");
    assert.equal(await push(sign()), 200);
    const [then] = await raised;
    assert.equal(then.maxConcurrentStreams, 1000);
    const token = sign();
    const other = openHttp2(emulator.apns.production.url);
    assert.equal(await push(token, other), 200);
    const many = await Promise.all(Array.from({ length: 300 }, async () => push(token, other)));
    assert.deepEqual(new Set(many), new Set([200]));
    other.close();
  });

  it("accepts the user's own keys, private or public, and not the demo key", async () => {
    sender.close();
    await emulator.close();
    const [key, other] = [createKey(), createKey()];
    await start({ apns: { teamId: "TEAM", keys: { KEY: key, OTHER: toPublic(other) } } });
    assert.equal(await push(sign()), "InvalidProviderToken");
    assert.equal(await push(sign({ teamId: "TEAM", keyId: "KEY", key })), 200);
    const second = openHttp2(emulator.apns.production.url);
    assert.equal(await push(sign({ teamId: "TEAM", keyId: "OTHER", key: other }), second), 200);
    second.close();
    assert.equal((await fetch(`${emulator.url}/emulator/v1/apns/demo-key`)).status, 404);
  });

  it("can have the demo key and a provider token from the control API", async () => {
    const { providerToken, ...key } = (await (await fetch(`${emulator.url}/emulator/v1/apns/demo-key`)).json()) as any;
    assert.equal(await push(providerToken), 200);
    const other = openHttp2(emulator.apns.production.url);
    assert.equal(await push(sign(key), other), 200);
    other.close();
    for (const id of [key.keyId, key.teamId]) assert.match(id, /^[A-Z0-9]{10}$/);
  });
});

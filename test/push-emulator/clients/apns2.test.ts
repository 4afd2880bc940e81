import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { ApnsClient, Notification, Priority, PushType } from "apns2";

import { demoApnsKey } from "../../../packages/push-emulator/src/apns/demo-key.ts";
import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { redirectApple } from "../../../packages/push-emulator/src/redirect-hosts.ts";
import { createManualClock } from "../manual-clock.ts";
import { TOPIC, createKey } from "../apns/sender.ts";

const { teamId: team, keyId, key } = demoApnsKey;
/** More than the hour of a provider token, which is signed by the machine's clock, a little later than the emulator's. */
const OVER_AN_HOUR_MS = 65 * 60 * 1000;

describe("apns2", () => {
  let emulator: PushEmulator;
  let restore: () => void;
  const clock = createManualClock(new Date().toISOString());

  // It connects to port 443 of a host, so it needs the redirection.
  before(async () => {
    emulator = await startPushEmulator({ port: 0, tls: true, clock });
    restore = redirectApple(emulator.apns.production.address, { ca: emulator.ca });
  });
  afterEach(() => emulator.reset());
  after(async () => {
    restore();
    await emulator.close();
  });

  const createClient = (options = {}): ApnsClient => new ApnsClient({ team, keyId, signingKey: key, ...options });
  const buildNotification = (phone: string): Notification =>
    new Notification(phone, { type: PushType.voip, topic: TOPIC, priority: Priority.immediate, data: { call: "7" } });
  const createPhone = (environment: "production" | "sandbox" = "production"): string =>
    emulator.createRegistration({ platform: "ios", environment }).voipToken ?? "";

  it("sends VoIP pushes, to the environment whose host it names", async () => {
    for (const [environment, host] of [
      ["production", "api.push.apple.com"],
      ["sandbox", "api.sandbox.push.apple.com"],
    ] as const) {
      const client = createClient({ host });
      const phones = Array.from({ length: 20 }, () => createPhone(environment));
      await client.sendMany(phones.map(buildNotification));
      for (const phone of phones) {
        const [message] = emulator.messages(phone);
        assert.ok(message?.channel === "apns");
        assert.deepEqual(message.payload, { aps: {}, call: "7" });
      }
      await client.close();
    }
  });

  it("survives the end of the redirection", async () => {
    const client = createClient();
    await client.send(buildNotification(createPhone()));
    const { openConnections } = emulator.counters.apns;
    assert.equal(openConnections, 1);
    restore();
    while (emulator.counters.apns.openConnections > 0) await new Promise(setImmediate);
    restore = redirectApple(emulator.apns.production.address, { ca: emulator.ca });
    await client.send(buildNotification(createPhone()));
    await client.close();
  });

  it("gets the errors of bad and unregistered tokens, of a wrong key and of an old provider token", async () => {
    const [phone, gone] = [createPhone(), createPhone()];
    const { uninstalledAt } = emulator.setState(gone, "uninstalled");
    const client = createClient();
    await assert.rejects(client.send(buildNotification("abcd")), { statusCode: 400, reason: "BadDeviceToken" });
    await assert.rejects(client.send(buildNotification(gone)), {
      statusCode: 410,
      reason: "Unregistered",
      timestamp: uninstalledAt,
    });
    await client.send(buildNotification(phone));
    const stranger = createClient({ signingKey: createKey() });
    await assert.rejects(stranger.send(buildNotification(phone)), { statusCode: 403, reason: "InvalidProviderToken" });
    clock.turn(OVER_AN_HOUR_MS);
    await assert.rejects(client.send(buildNotification(phone)), { statusCode: 403, reason: "ExpiredProviderToken" });
    await Promise.all([client.close(), stranger.close()]);
  });
});

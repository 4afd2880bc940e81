import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Notification, Provider } from "@parse/node-apn";

import { demoApnsKey } from "../../../packages/push-emulator/src/apns/demo-key.ts";
import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { TOPIC, createKey } from "../apns/sender.ts";

const { teamId, keyId, key } = demoApnsKey;

describe("@parse/node-apn", () => {
  let emulator: PushEmulator;
  let provider: Provider;

  /** It takes an address, so it needs no redirection. */
  const createProvider = (token = { key, keyId, teamId }): Provider => {
    const { hostname, port } = new URL(emulator.apns.production.url);
    return new Provider({ token, address: hostname, port: Number(port), ca: [emulator.ca ?? ""] });
  };
  before(async () => {
    emulator = await startPushEmulator({ port: 0, tls: true });
    provider = createProvider();
  });
  after(async () => {
    await provider.shutdown();
    await emulator.close();
  });

  const buildNotification = (topic = TOPIC): Notification =>
    Object.assign(new Notification(), { topic, pushType: "voip", expiry: 0, payload: { call: "7" } });
  const createPhone = (): string => emulator.createRegistration({ platform: "ios" }).voipToken ?? "";

  it("sends a VoIP push", async () => {
    const phone = createPhone();
    const { sent, failed } = await provider.send(buildNotification(), phone);
    const [message] = emulator.messages(phone);
    assert.ok(message?.channel === "apns");
    assert.deepEqual([sent, failed], [[{ device: phone, "apns-id": message.headers.apnsId }], []]);
    assert.deepEqual(message.payload, { call: "7" });
    assert.deepEqual([message.headers.topic, message.headers.pushType, message.headers.expiration], [TOPIC, "voip", 0]);
  });

  it("sends to many phones, and gets the errors of bad and unregistered tokens", async () => {
    const [one, other, gone] = [createPhone(), createPhone(), createPhone()];
    const { uninstalledAt } = emulator.setState(gone, "uninstalled");
    const { sent, failed } = await provider.send(buildNotification(), [one, "abcd", other, gone]);
    assert.deepEqual(
      sent.map(({ device }) => device),
      [one, other],
    );
    assert.deepEqual(
      failed.map(({ device, status, response }) => [device, Number(status), response]),
      [
        ["abcd", 400, { reason: "BadDeviceToken" }],
        [gone, 410, { reason: "Unregistered", timestamp: uninstalledAt }],
      ],
    );
    const { failed: wrong } = await provider.send(buildNotification("com.example.app"), one);
    assert.equal(wrong[0]?.response?.reason, "DeviceTokenNotForTopic");
  });

  it("sends to many phones at once on a new connection, before it knows how many streams it has", async () => {
    const fresh = createProvider();
    const { sent } = await fresh.send(buildNotification(), Array.from({ length: 50 }, createPhone));
    assert.equal(sent.length, 50);
    await fresh.shutdown();
  });

  it("gets the error of a wrong key", async () => {
    const stranger = createProvider({ keyId, teamId, key: createKey() });
    const { failed } = await stranger.send(buildNotification(), createPhone());
    assert.deepEqual([Number(failed[0]?.status), failed[0]?.response?.reason], [403, "InvalidProviderToken"]);
    await stranger.shutdown();
  });

  it("signs a new provider token when the last has expired", async () => {
    const phone = createPhone();
    emulator.addFault({ channel: "apns", reason: "ExpiredProviderToken" });
    const { sent } = await provider.send(buildNotification(), phone);
    assert.deepEqual([sent.length, emulator.messages(phone).length], [1, 1]);
  });
});

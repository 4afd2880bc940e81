import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { AcceptedMessage, PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { buildSend, openHttp1, openHttp2 } from "../connection.ts";
import type { Connection } from "../connection.ts";
import { createManualClock } from "../manual-clock.ts";
import type { ManualClock } from "../manual-clock.ts";
import { TOPIC, buildPush, signToken } from "./sender.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("an iPhone", () => {
  let emulator: PushEmulator;
  let clock: ManualClock;
  let fcm: Connection;
  let apns: Connection;
  let token: string;
  let voipToken: string;
  let providerToken: string;

  beforeEach(async () => {
    clock = createManualClock();
    emulator = await startPushEmulator({ port: 0, clock });
    [fcm, apns] = [openHttp1(emulator.url), openHttp2(emulator.apns.production.url)];
    ({ token, voipToken = "" } = emulator.createRegistration({ platform: "ios" }));
    providerToken = signToken({ issuedAt: clock.now() });
  });
  afterEach(async () => {
    fcm.close();
    apns.close();
    await emulator.close();
  });

  const ring = async (
    headers: Record<string, string | undefined> = {},
    body: unknown = { call: "7" },
  ): Promise<string> => {
    const reply = await apns.ask(buildPush(voipToken, providerToken, headers, body));
    assert.equal(reply.status, 200, reply.text);
    return String(reply.headers["apns-id"]);
  };
  const seconds = (ms: number): string => String((clock.now() + ms) / 1000);
  const outcomes = (messages: readonly AcceptedMessage[]): string[] =>
    messages.map(({ channel, delivery, reason }) => [channel, delivery, reason].filter(Boolean).join(" "));

  it("has the messages of both channels, in one list and by each of its addresses", async () => {
    const { fid } = emulator.createRegistration({ platform: "ios" });
    await fcm.ask(buildSend({ message: { token, data: { n: "1" } } }));
    const apnsId = await ring({ "apns-collapse-id": "c", "apns-expiration": "1795305600" }, `{"n": 2.0}`);
    const [first, second] = emulator.messages(token);
    assert.ok(first?.channel === "fcm" && second?.channel === "apns");
    assert.deepEqual(first.message, { token, data: { n: "1" } });
    const { id, acceptedAt, ...rest } = second;
    assert.notEqual(id, first.id);
    assert.equal(acceptedAt, "2026-11-22T00:00:00.000Z");
    assert.deepEqual(rest, {
      channel: "apns",
      token,
      voipToken,
      headers: {
        apnsId,
        topic: TOPIC,
        pushType: "voip",
        priority: 10,
        expiration: 1_795_305_600,
        collapseId: "c",
      },
      payload: { n: 2 },
      payloadText: `{"n": 2.0}`,
      delivery: "delivered",
    });
    assert.deepEqual(emulator.messages(voipToken), [first, second]);
    assert.deepEqual(emulator.messages(fid), []);
    const { text, json } = await fcm.ask({ path: `/emulator/v1/messages?token=${voipToken}` });
    assert.equal(json.messages[1].id, id);
    assert.ok(text.includes(`"payload":{"n": 2.0},"acceptedAt"`), text);
    assert.equal(
      (await fcm.ask({ method: "DELETE", path: `/emulator/v1/messages?token=${voipToken}` })).json.cleared,
      2,
    );
    assert.deepEqual(emulator.messages(), []);
  });

  it("gets VoIP pushes on the same stream as FCM's messages", async () => {
    const stream = await fetch(`${emulator.url}/emulator/v1/registrations/${voipToken}/stream`);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    await fcm.ask(buildSend({ message: { token } }));
    await ring();
    let heard = "";
    while (!heard.includes('"channel":"apns"')) heard += (await reader.read()).value ?? "";
    assert.match(
      heard,
      /"channel":"fcm"[^]*event: message\ndata: \{"id":"[^"]+","channel":"apns"[^\n]*"payload":\{"call":"7"\}/,
    );
    await reader.cancel();
  });

  it("gets the newest of its stored VoIP pushes on its return, and the newest of FCM's messages, oldest first", async () => {
    emulator.setState(voipToken, "offline");
    await ring({ "apns-expiration": seconds(DAY_MS) });
    await fcm.ask(buildSend({ message: { token } }));
    await ring({ "apns-expiration": seconds(DAY_MS), "apns-collapse-id": "c" });
    assert.deepEqual(outcomes(emulator.messages(token)), ["apns collapsed replaced", "fcm stored", "apns stored"]);
    for (const key of ["a", "b", "c", "d", "c"]) {
      await fcm.ask(buildSend({ message: { token, apns: { headers: { "apns-collapse-id": key } } } }));
    }
    emulator.setState(token, "online");
    assert.deepEqual(outcomes(emulator.messages(token)), [
      "apns collapsed replaced",
      "fcm collapsed replaced",
      "apns delivered",
      "fcm collapsed replaced",
      "fcm collapsed replaced",
      "fcm collapsed replaced",
      "fcm collapsed replaced",
      "fcm delivered",
    ]);
  });

  for (const [name, expiration, storedMs] of [
    ["until its expiration", DAY_MS, DAY_MS],
    ["for thirty days without one", undefined, 30 * DAY_MS],
    ["for thirty days with a later one", 40 * DAY_MS, 30 * DAY_MS],
  ] as const) {
    it(`has a VoIP push stored ${name}`, async () => {
      emulator.setState(token, "offline");
      await ring({ "apns-expiration": expiration === undefined ? undefined : seconds(expiration) });
      clock.turn(storedMs - 1);
      assert.deepEqual(outcomes(emulator.messages(token)), ["apns stored"]);
      clock.turn(1);
      assert.deepEqual(outcomes(emulator.messages(token)), ["apns expired ttl"]);
      emulator.setState(token, "online");
      assert.deepEqual(outcomes(emulator.messages(token)), ["apns expired ttl"]);
    });
  }

  it("gets a VoIP push with an expiration of 0, or a past one, now or never", async () => {
    for (const expiration of ["0", "1"]) await ring({ "apns-expiration": expiration });
    emulator.setState(token, "offline");
    for (const expiration of ["0", "1"]) await ring({ "apns-expiration": expiration });
    emulator.setState(token, "online");
    assert.deepEqual(outcomes(emulator.messages(token)), [
      "apns delivered",
      "apns delivered",
      "apns expired ttl",
      "apns expired ttl",
    ]);
  });

  it("that is uninstalled loses what is stored, and answers since when it is", async () => {
    emulator.setState(token, "offline");
    await ring({ "apns-expiration": seconds(DAY_MS) });
    clock.turn(1234);
    const since = clock.now();
    assert.equal(emulator.setState(voipToken, "uninstalled").uninstalledAt, since);
    clock.turn(1000);
    emulator.setState(voipToken, "uninstalled");
    const reply = await apns.ask(buildPush(voipToken, providerToken));
    assert.deepEqual([reply.status, reply.json], [410, { reason: "Unregistered", timestamp: since }]);
    assert.deepEqual(outcomes(emulator.messages(token)), ["apns expired uninstalled"]);
  });

  it("with a bundle id of its own needs that topic", async () => {
    const { voipToken: own = "" } = emulator.createRegistration({ platform: "ios", bundleId: "org.example.phone" });
    for (const [topic, status] of [
      ["org.example.phone.voip", 200],
      [TOPIC, 400],
    ] as const) {
      assert.equal((await apns.ask(buildPush(own, providerToken, { "apns-topic": topic }))).status, status);
    }
  });
});

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { AcceptedMessage, PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { Platform } from "../../packages/push-emulator/src/registrations.ts";
import { buildSend, openHttp1 } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { createManualClock } from "./manual-clock.ts";
import type { ManualClock } from "./manual-clock.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("a phone that is offline", () => {
  let emulator: PushEmulator;
  let connection: Connection;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = createManualClock();
    emulator = await startPushEmulator({ port: 0, clock });
    connection = openHttp1(emulator.url);
  });
  afterEach(async () => {
    connection.close();
    await emulator.close();
  });

  const makeOffline = (platform: Platform = "android"): string => {
    const { token } = emulator.createRegistration({ platform });
    emulator.setState(token, "offline");
    return token;
  };
  const send = async (token: string, message: object): Promise<void> => {
    const reply = await connection.ask(buildSend({ message: { token, ...message } }));
    assert.equal(reply.status, 200, reply.text);
  };
  const deliveries = (token: string): string[] => emulator.messages(token).map(({ delivery }) => delivery);
  const numbers = (records: readonly AcceptedMessage[]): unknown[] =>
    records.map(({ message }) => (message as { data: { n: string } }).data.n);

  it("gets its stored messages on its return, oldest first", async () => {
    const token = makeOffline();
    const path = `/emulator/v1/registrations/${token}`;
    for (const n of ["1", "2"]) await send(token, { data: { n } });
    assert.deepEqual(deliveries(token), ["stored", "stored"]);
    clock.turn(1000);
    assert.equal((await connection.ask({ method: "PATCH", path, body: { state: "online" } })).status, 200);
    const { json } = await connection.ask({ path: `/emulator/v1/messages?token=${token}` });
    assert.deepEqual(
      json.messages.map((record: AcceptedMessage & { deliveredAt: string }) => [
        record.delivery,
        record.acceptedAt,
        record.deliveredAt,
      ]),
      [1, 2].map(() => ["delivered", "2026-11-22T00:00:00.000Z", "2026-11-22T00:00:01.000Z"]),
    );
    await send(token, { data: { n: "3" } });
    assert.deepEqual(deliveries(token), ["delivered", "delivered", "delivered"]);
  });

  for (const [platform, message] of [
    ["android", { android: { ttl: "10.9s" } }],
    ["web", { webpush: { headers: { TTL: "10" } } }],
    ["ios", { apns: { headers: { "apns-expiration": String(Date.parse("2026-11-22T00:00:10Z") / 1000) } } }],
  ] as const) {
    it(`loses messages that outlive their TTL on ${platform}, and the record says so while it is still offline`, async () => {
      const token = makeOffline(platform);
      await send(token, message);
      clock.turn(9999);
      assert.deepEqual(deliveries(token), ["stored"]);
      clock.turn(1);
      assert.deepEqual(deliveries(token), ["expired"]);
      emulator.setState(token, "online");
      assert.deepEqual(deliveries(token), ["expired"]);
      assert.equal(emulator.messages(token)[0]?.reason, "ttl");
    });
  }

  it("keeps a message without a TTL for 28 days", async () => {
    const token = makeOffline();
    await send(token, {});
    clock.turn(28 * DAY_MS - 1);
    assert.deepEqual(deliveries(token), ["stored"]);
    clock.turn(1);
    emulator.setState(token, "online");
    assert.deepEqual(deliveries(token), ["expired"]);
  });

  for (const [platform, message] of [
    ["android", { android: { ttl: "0s" } }],
    ["web", { webpush: { headers: { ttl: "0" } } }],
    ["ios", { apns: { headers: { "apns-expiration": "0" } } }],
  ] as const) {
    it(`never gets a message with a TTL of 0 on ${platform}, which a phone online gets`, async () => {
      const token = makeOffline(platform);
      await send(token, message);
      emulator.setState(token, "online");
      await send(token, message);
      assert.deepEqual(deliveries(token), ["expired", "delivered"]);
    });
  }

  for (const [platform, build] of [
    ["android", (key: string) => ({ android: { collapse_key: key } })],
    ["web", (key: string) => ({ webpush: { headers: { Topic: key } } })],
  ] as const) {
    it(`keeps only the newest message of a collapse key on ${platform}`, async () => {
      const token = makeOffline(platform);
      for (const key of ["a", "b", "a"]) await send(token, build(key));
      assert.deepEqual(deliveries(token), ["collapsed", "stored", "stored"]);
      emulator.setState(token, "online");
      assert.deepEqual(deliveries(token), ["collapsed", "delivered", "delivered"]);
    });
  }

  it("keeps only the newest message on ios, as APNs does, whatever its collapse key", async () => {
    const token = makeOffline("ios");
    for (const key of [undefined, "a", "b", undefined]) {
      await send(token, key === undefined ? {} : { apns: { headers: { "apns-collapse-id": key } } });
    }
    assert.deepEqual(deliveries(token), ["collapsed", "collapsed", "collapsed", "stored"]);
    assert.deepEqual(new Set(emulator.messages(token).map(({ reason }) => reason)), new Set(["replaced", undefined]));
    emulator.setState(token, "online");
    assert.equal(deliveries(token).at(-1), "delivered");
  });

  it("keeps messages of at most 4 collapse keys, and non-collapsible ones beside them", async () => {
    const token = makeOffline();
    await send(token, {});
    for (const key of ["a", "b", "c", "d", "e"]) await send(token, { android: { collapse_key: key } });
    assert.deepEqual(deliveries(token), ["stored", "collapsed", "stored", "stored", "stored", "stored"]);
    assert.equal(emulator.messages(token)[1]?.reason, "over_4_collapse_keys");
  });

  it("loses all non-collapsible messages when more than 100 are stored, but not the collapsible one", async () => {
    const token = makeOffline();
    await send(token, { android: { collapse_key: "a" } });
    for (let sent = 0; sent < 100; sent += 1) await send(token, {});
    assert.deepEqual(new Set(deliveries(token)), new Set(["stored"]));
    await send(token, {});
    assert.deepEqual(deliveries(token), ["stored", ...Array(101).fill("expired")]);
    assert.equal(emulator.messages(token)[1]?.reason, "over_100_stored");
    await send(token, { data: { n: "after" } });
    assert.equal(deliveries(token).at(-1), "stored");
  });

  it("loses its stored messages when the app is uninstalled", async () => {
    const token = makeOffline();
    await send(token, {});
    emulator.setState(token, "uninstalled");
    assert.deepEqual(deliveries(token), ["expired"]);
    assert.equal(emulator.messages(token)[0]?.reason, "uninstalled");
  });

  it("gets none of the cleared messages on its return", async () => {
    const [token, other] = [makeOffline(), makeOffline()];
    await send(token, { data: { n: "1" } });
    await send(other, { data: { n: "2" } });
    const cleared = await connection.ask({ method: "DELETE", path: `/emulator/v1/messages?token=${token}` });
    assert.equal(cleared.json.cleared, 1);
    emulator.setState(token, "online");
    assert.deepEqual(numbers(emulator.messages()), ["2"]);
    await connection.ask({ method: "DELETE", path: "/emulator/v1/messages" });
    assert.deepEqual(emulator.messages(), []);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServerSettings } from "../../packages/client/src/call-client.ts";
import { callPush, createPhone, endPush, ringId, settled } from "../support/phone.ts";
import { OpenSocket } from "./sockets.ts";

const settings: ServerSettings = { serverAddress: "pbx.example.com", serverPort: 7099, serverSSL: true };

/** A phone whose settings come when `wake` is called. */
function createWakingPhone() {
  const loaded = Promise.withResolvers<ServerSettings>();
  const phone = createPhone({ port: 0, WebSocket: OpenSocket, loadServerSettings: async () => loaded.promise });
  return {
    ...phone,
    wake: async () => {
      loaded.resolve(settings);
      await settled();
    },
  };
}

type Phone = ReturnType<typeof createWakingPhone>;

/** How far a call has come when the app closes the connection. */
const moments: Readonly<Record<string, (phone: Phone) => Promise<unknown>>> = {
  "wakes it": async () => undefined,
  "is answered while it wakes": async ({ client }) => client.answer(ringId),
  rings: async ({ wake }) => wake(),
  "is active": async ({ client, wake }) => wake().then(async () => client.answer(ringId)),
};

describe("an app that closes the connection", () => {
  for (const [name, reach] of Object.entries(moments)) {
    it(`while a call ${name} keeps it for that call, and no longer`, async () => {
      const phone = createWakingPhone();
      const { client } = phone;
      const woken = client.receivePush(callPush(), { channel: "apns" });
      await settled();
      await reach(phone);
      client.disconnect();
      await phone.wake();
      assert.notEqual(await woken, "over");
      assert.deepEqual([client.connection, client.calls.length], ["connected", 1]);
      await client.receivePush(callPush({ callId: "ring-2", linkedId: "2" }));
      await client.receivePush(endPush());
      assert.equal(client.connection, "connected");
      await client.decline("ring-2");
      assert.deepEqual([client.connection, phone.clock.waits], ["disconnected", []]);
    });
  }

  it("and asks for it again while the call rings, keeps it", async () => {
    const phone = createWakingPhone();
    void phone.client.receivePush(callPush());
    phone.client.disconnect();
    await phone.wake();
    await phone.client.ensureConnected();
    await phone.client.receivePush(endPush());
    assert.equal(phone.client.connection, "connected");
    phone.client.disconnect();
    assert.equal(phone.client.connection, "disconnected");
  });

  it("keeps that of the next push", async () => {
    const phone = createWakingPhone();
    await phone.wake();
    phone.client.disconnect();
    await phone.client.receivePush(callPush());
    await phone.client.receivePush(endPush());
    assert.equal(phone.client.connection, "connected");
    phone.client.close();
  });
});

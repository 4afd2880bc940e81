import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { WebSocketServer } from "ws";
import { NotConnected } from "../../packages/client/src/call-client.ts";
import { backOff } from "../../packages/client/src/backoff.ts";
import { startHub } from "../../local/pbx/hub.ts";
import { callPush, createPhone, settled } from "../support/phone.ts";
import { until } from "../support/until.ts";
import { OpenSocket } from "./sockets.ts";

const hub = await startHub();
after(() => hub.close());

describe("the connection to the PBX", () => {
  it("is a single one, however many callers ask for it at once", async (t) => {
    const own = await startHub();
    t.after(() => own.close());
    const phone = createPhone({ port: own.port });
    t.after(() => phone.client.disconnect());
    const states: string[] = [];
    phone.client.on("connection", (state) => states.push(state));
    await Promise.all([phone.client.ensureConnected(), phone.client.ensureConnected()]);
    await phone.client.ensureConnected();
    assert.equal(own.clients, 1);
    assert.deepEqual(states, ["connecting", "connected"]);
    assert.deepEqual(phone.clock.waits, []);
  });

  it("reconnects by itself after a loss, with freshly loaded settings", async (t) => {
    const first = await startHub();
    let port = first.port;
    let loads = 0;
    const phone = createPhone({
      port,
      loadServerSettings: async () => {
        loads += 1;
        return { serverAddress: "127.0.0.1", serverPort: port, serverSSL: false };
      },
    });
    t.after(() => phone.client.disconnect());
    await phone.client.ensureConnected();
    const second = await startHub();
    t.after(() => second.close());
    port = second.port;
    await first.close();
    await until(() => phone.client.connection === "connecting");
    assert.deepEqual(phone.clock.waits, [250]);
    phone.clock.advance(250);
    await until(() => phone.client.connection === "connected");
    assert.deepEqual([loads, second.clients], [2, 1]);
  });

  it("waits longer after each failure", async (t) => {
    const phone = createPhone({ port: 0, loadServerSettings: async () => Promise.reject(new Error("offline")) });
    t.after(() => phone.client.disconnect());
    const refused = assert.rejects(phone.client.ensureConnected(0), NotConnected);
    phone.clock.advance(0);
    await refused;
    const waits: (number | undefined)[] = [];
    for (let failure = 0; failure < 8; failure += 1) {
      await settled();
      waits.push(...phone.clock.waits);
      phone.clock.advance(phone.clock.waits[0] ?? 0);
    }
    assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it("is tried every other second while a call waits for it, however long it has failed before", async (t) => {
    const phone = createPhone({ port: 0, loadServerSettings: async () => Promise.reject(new Error("offline")) });
    t.after(() => phone.client.disconnect());
    const fail = async () => {
      await settled();
      const [wait = 0] = phone.clock.waits;
      phone.clock.advance(wait);
      await settled();
      return wait;
    };
    phone.client.ensureConnected(0).catch(() => undefined);
    for (let failure = 0; failure < 12; failure += 1) await fail();
    assert.deepEqual(phone.clock.waits, [15_000]);
    const woken = phone.client.receivePush(callPush());
    for (let failure = 0; failure < 29; failure += 1) assert.equal(await fail(), 1_000);
    await fail();
    assert.equal(await woken, "over");
    await fail();
    assert.deepEqual(phone.clock.waits, [15_000]);
  });

  it("counts a server that drops it at once as one that does not answer", async (t) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    server.on("connection", (socket) => socket.terminate());
    const phone = createPhone({ port: (server.address() as AddressInfo).port });
    t.after(() => {
      phone.client.disconnect();
      server.close();
    });
    const states: string[] = [];
    phone.client.on("connection", (state) => states.push(state));
    await phone.client.ensureConnected();
    await until(() => states.length === 3);
    assert.deepEqual(phone.clock.waits, [250]);
    phone.clock.advance(250);
    await until(() => states.length === 5);
    assert.deepEqual(phone.clock.waits, [500]);
  });

  it("does not wait when the app needs it now", async (t) => {
    const first = await startHub();
    let port = first.port;
    const settings = async () => ({ serverAddress: "127.0.0.1", serverPort: port, serverSSL: false });
    const phone = createPhone({ port, loadServerSettings: settings });
    t.after(() => phone.client.disconnect());
    await phone.client.ensureConnected();
    await first.close();
    await until(() => phone.client.connection === "connecting");
    port = hub.port;
    await phone.client.ensureConnected();
    assert.equal(phone.client.connection, "connected");
    assert.deepEqual(phone.clock.waits, []);
  });

  it("is opened anew when it was lost without a close", async (t) => {
    const sockets: WebSocket[] = [];
    const phone = createPhone({
      port: hub.port,
      WebSocket: class extends WebSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      },
    });
    t.after(() => phone.client.disconnect());
    await phone.client.ensureConnected();
    sockets[0]?.close();
    await phone.client.ensureConnected();
    assert.equal(sockets.length, 2);
    assert.equal(sockets[1]?.readyState, WebSocket.OPEN);
  });

  it("is given up when the server does not answer, and tried again", async (t) => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, "127.0.0.1"), "listening");
    const phone = createPhone({ port: (silent.address() as AddressInfo).port });
    t.after(() => {
      phone.client.disconnect();
      silent.close();
    });
    const refused = assert.rejects(phone.client.ensureConnected(10_000), (error) => {
      assert.ok(error instanceof NotConnected);
      assert.match(String(error.cause), /No connection within 4000 ms/);
      return true;
    });
    await settled();
    phone.clock.advance(4_000);
    await settled();
    phone.clock.advance(6_000);
    await refused;
    assert.equal(phone.client.connection, "connecting");
  });

  it("is not tried without settings", async () => {
    const phone = createPhone({ port: hub.port, loadServerSettings: async () => null });
    await assert.rejects(phone.client.ensureConnected(), /saved no server settings/);
    assert.equal(phone.client.connection, "disconnected");
    assert.deepEqual(phone.clock.waits, []);
  });

  it("reports why the settings could not be loaded", async (t) => {
    const phone = createPhone({
      port: hub.port,
      loadServerSettings: async () => Promise.reject(new Error("permission denied")),
    });
    t.after(() => phone.client.disconnect());
    const refused = assert.rejects(phone.client.ensureConnected(100), { name: "NotConnected" });
    await settled();
    phone.clock.advance(100);
    await refused;
  });

  it("stays closed once the app has closed it", async (t) => {
    const own = await startHub();
    t.after(() => own.close());
    const phone = createPhone({ port: own.port });
    await phone.client.ensureConnected();
    phone.client.disconnect();
    await until(() => own.clients === 0);
    assert.equal(phone.client.connection, "disconnected");
    const refused = assert.rejects(phone.client.ensureConnected(), NotConnected);
    phone.client.disconnect();
    await refused;
    await settled();
    assert.deepEqual([own.clients, phone.clock.waits, phone.client.connection], [0, [], "disconnected"]);
  });

  it("supports IPv6 addresses and TLS", async () => {
    const urls: string[] = [];
    for (const [serverAddress, serverSSL] of [
      ["::1", false],
      ["[::1]", true],
      ["pbx.example.com", true],
    ] as const) {
      const phone = createPhone({
        port: 0,
        loadServerSettings: async () => ({ serverAddress, serverPort: 7099, serverSSL }),
        WebSocket: class extends WebSocket {
          constructor(url: string) {
            urls.push(url);
            super(hub.url);
          }
        },
      });
      await phone.client.ensureConnected();
      phone.client.disconnect();
    }
    assert.deepEqual(urls, ["ws://[::1]:7099", "wss://[::1]:7099", "wss://pbx.example.com:7099"]);
  });
});

describe("an app that hears of the connection", () => {
  /** A phone that counts its sockets that are not closed. */
  function createWatched() {
    const sockets: OpenSocket[] = [];
    const phone = createPhone({
      port: 0,
      WebSocket: class extends OpenSocket {
        constructor() {
          super();
          sockets.push(this);
        }
      },
    });
    return { ...phone, sockets, countOpen: () => sockets.filter(({ readyState }) => readyState !== 3).length };
  }

  for (const method of ["disconnect", "close"] as const) {
    for (const state of ["connecting", "connected"] as const) {
      it(`may ${method} when it is ${state}`, async () => {
        const { client, clock, countOpen } = createWatched();
        client.on("connection", (now) => now === state && client[method]());
        await assert.rejects(client.ensureConnected(), NotConnected);
        await settled();
        assert.deepEqual([client.connection, countOpen(), clock.waits], ["disconnected", 0, []]);
      });
    }

    it(`may ${method} when it is lost`, async () => {
      const { client, clock, sockets, countOpen } = createWatched();
      await client.ensureConnected();
      client.on("connection", (now) => now === "connecting" && client[method]());
      sockets[0]?.close();
      await settled();
      assert.deepEqual([client.connection, countOpen(), clock.waits], ["disconnected", 0, []]);
    });
  }

  it("may ask for it again when it is closed, unless for good", async () => {
    const { client, countOpen } = createWatched();
    await client.ensureConnected();
    const asked: Promise<string>[] = [];
    client.on("connection", (now) => {
      if (now !== "disconnected") return;
      const connected = client.ensureConnected();
      asked.push(
        connected.then(
          () => "connected",
          ({ name }: Error) => name,
        ),
      );
    });
    client.disconnect();
    assert.deepEqual([await Promise.all(asked), countOpen()], [["connected"], 1]);
    client.close();
    assert.deepEqual([await Promise.all(asked), countOpen()], [["connected", "NotConnected"], 0]);
  });
});

describe("the backoff", () => {
  it("doubles up to its maximum, with full jitter", () => {
    const backoff = { firstMs: 500, maxMs: 30_000 };
    const waits = [1, 2, 3, 7, 50].map((failures) => backOff(backoff, failures, 1));
    assert.deepEqual(waits, [500, 1_000, 2_000, 30_000, 30_000]);
    assert.equal(backOff(backoff, 3, 0), 0);
  });
});

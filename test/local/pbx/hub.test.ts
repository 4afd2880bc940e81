import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, it } from "node:test";
import { WebSocket } from "ws";
import { startHub, type Hub, type HubOptions } from "../../../local/pbx/hub.ts";
import { buildNewchannel } from "../../../local/pbx/pbx-event.ts";
import { until } from "../../support/until.ts";

const open: { hubs: Hub[]; sockets: { destroy(): void }[] } = { hubs: [], sockets: [] };
afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const hub of open.hubs.splice(0)) await hub.close();
});

async function start(options?: HubOptions): Promise<Hub> {
  const hub = await startHub(options);
  open.hubs.push(hub);
  return hub;
}

interface Client {
  readonly socket: WebSocket;
  /** All it has received: text as a string, binary as a buffer. */
  readonly got: (string | Buffer)[];
}

async function join(hub: Hub): Promise<Client> {
  const socket = new WebSocket(hub.url);
  open.sockets.push({ destroy: () => socket.terminate() });
  const got: (string | Buffer)[] = [];
  socket.on("message", (message: Buffer, isBinary) => got.push(isBinary ? message : message.toString()));
  await once(socket, "open");
  return { socket, got };
}

/** A client that has completed the handshake and then reads nothing. */
async function joinWithoutReading(hub: Hub): Promise<Socket> {
  const socket = connect(hub.port, "127.0.0.1");
  open.sockets.push(socket);
  socket.on("error", () => undefined);
  socket.write(
    "GET / HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  await once(socket, "readable");
  return socket;
}

const event = buildNewchannel({
  uniqueId: "1763712000.17",
  linkedId: "1763712000.17",
  exten: "07045144801",
  callerId: "01012345678",
  callerName: "홍길동",
});

describe("the PBX's WebSocket hub", () => {
  it("lets in no page of a web site, by its Origin or by a name of its own", async () => {
    const hub = await start();
    const visit = async (options: object) => {
      const socket = new WebSocket(hub.url, options);
      open.sockets.push({ destroy: () => socket.terminate() });
      const opened = once(socket, "open").then(() => "opened");
      return Promise.race([opened, once(socket, "unexpected-response").then(([, { statusCode }]) => statusCode)]);
    };
    assert.equal(await visit({ origin: "https://evil.example.com" }), 403);
    assert.equal(await visit({ origin: "null" }), 403);
    assert.equal(await visit({ headers: { host: "evil.example.com:7099" } }), 403);
    assert.equal(hub.clients, 0);
    assert.equal(await visit({ origin: "http://127.0.0.1:5062" }), "opened");
    assert.equal(await visit({ origin: "http://localhost:3000", headers: { host: "10.0.2.2:7099" } }), "opened");
  });

  it("sends each client's messages to all others, text as text and binary as binary", async () => {
    const hub = await start();
    const [sender, one, other] = [await join(hub), await join(hub), await join(hub)];
    sender.socket.send("홍길동");
    sender.socket.send(Buffer.from([0, 255, 1]));
    other.socket.send("and back");
    await until(() => one.got.length === 3 && other.got.length === 2 && sender.got.length === 1);
    assert.deepEqual(other.got, ["홍길동", Buffer.from([0, 255, 1])]);
    assert.deepEqual(sender.got, ["and back"]);
    assert.deepEqual(new Set(one.got), new Set(["홍길동", Buffer.from([0, 255, 1]), "and back"]));
  });

  it("sends an event to every client, in the envelope of the PBX's server", async () => {
    const hub = await start();
    const clients = [await join(hub), await join(hub)];
    hub.announce(event);
    await until(() => clients.every(({ got }) => got.length === 1));
    const [text] = clients[0]!.got;
    assert.equal(clients[1]!.got[0], text);
    assert.deepEqual(JSON.parse(String(text)), {
      type: 3,
      server_id: 1,
      server_name: "demo",
      ssl: false,
      data: {
        Event: "Newchannel",
        Context: "trk-11-in",
        Exten: "07045144801",
        CallerIDNum: "01012345678",
        CallerIDName: "홍길동",
        Linkedid: "1763712000.17",
        Uniqueid: "1763712000.17",
      },
    });
  });

  it("shows a browser what it is and how to send an event, with code that works as printed", async () => {
    const hub = await start();
    const { got } = await join(hub);
    const answer = await fetch(hub.url.replace("ws:", "http:"));
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; charset=utf-8/);
    const script = /^const pbx = [^]*/m.exec(await answer.text())?.[0];
    // oxlint-disable-next-line typescript/no-implied-eval -- what a reader would paste
    new Function(script ?? "")();
    await until(() => got.length === 1);
    assert.equal(got[0], JSON.stringify(event));
  });

  it("counts its clients and removes those that leave", async () => {
    const hub = await start();
    const [staying, leaving] = [await join(hub), await join(hub)];
    assert.equal(hub.clients, 2);
    leaving.socket.close();
    await until(() => hub.clients === 1);
    hub.announce(event);
    await until(() => staying.got.length === 1);
  });

  it("drops a client that sends more than 64 KiB at once, and sends that to no other client", async () => {
    const hub = await start();
    const [sender, other] = [await join(hub), await join(hub)];
    sender.socket.on("error", () => undefined);
    sender.socket.send("x".repeat(64 * 1024 + 1));
    await once(sender.socket, "close");
    await until(() => hub.clients === 1);
    hub.announce(event);
    await until(() => other.got.length > 0);
    assert.deepEqual(other.got, [JSON.stringify(event)]);
  });

  it("drops a client that does not speak WebSocket after the handshake", async () => {
    const hub = await start();
    const broken = await joinWithoutReading(hub);
    broken.write("\xff\xff\xff\xff\xff\xff");
    await until(() => hub.clients === 0);
  });

  it("drops a client that reads too slowly, and the others miss nothing", async () => {
    const hub = await start();
    await joinWithoutReading(hub);
    const [sender, reader] = [await join(hub), await join(hub)];
    const message = "x".repeat(60 * 1024);
    let sent = 0;
    while (hub.clients === 3) {
      sender.socket.send(message);
      sent += 1;
      await until(() => reader.got.length === sent);
    }
    assert.equal(hub.clients, 2);
    assert.deepEqual([sender.socket.readyState, reader.socket.readyState], [WebSocket.OPEN, WebSocket.OPEN]);
  });

  it("drops a client that answers no ping, and keeps those that do", async () => {
    const hub = await start({ pingEveryMs: 100 });
    const { socket } = await join(hub);
    await joinWithoutReading(hub);
    let pings = 0;
    socket.on("ping", () => (pings += 1));
    await until(() => pings >= 3);
    assert.equal(hub.clients, 1);
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  it("rejects when its port is taken", async () => {
    const { port } = await start();
    await assert.rejects(startHub({ port }), { code: "EADDRINUSE" });
  });

  it("drops all clients and frees its port when it closes", async () => {
    const hub = await startHub();
    const { socket } = await join(hub);
    const idle = connect(hub.port, "127.0.0.1");
    await once(idle, "connect");
    const dropped = Promise.all([once(socket, "close"), once(idle, "close")]);
    await hub.close();
    await dropped;
    await start({ port: hub.port });
  });
});

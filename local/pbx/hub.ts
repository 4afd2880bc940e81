import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import { isFromForeignPage } from "../../packages/push-emulator/src/foreign-page.ts";
import { buildNewchannel, type PbxEvent } from "./pbx-event.ts";

/** Where to listen. */
export interface HubOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Interval of pings to clients, in milliseconds; default 15 s. */
  readonly pingEveryMs?: number;
}

/** The PBX's WebSocket server: what one client sends, all others get. */
export interface Hub {
  /** `ws://…` */
  readonly url: string;
  readonly port: number;
  /** How many clients are connected. */
  readonly clients: number;
  /** Sends an event to every client. */
  announce(event: PbxEvent): void;
  /** Drops every client and frees the port. */
  close(): Promise<void>;
}

/** Far more than any event of Asterisk. */
const maxMessageBytes = 64 * 1024;
/** A client with this much unsent data, in bytes, is dropped. */
const maxBacklogBytes = 1024 * 1024;

/** Starts a hub; rejects when the port is taken. */
export async function startHub({ host = "127.0.0.1", port = 0, pingEveryMs = 15_000 }: HubOptions = {}): Promise<Hub> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  const server = createServer((_, response) => explain(response, url));
  server.on("upgrade", (request, socket, head) => {
    // Otherwise any web site that a developer visits could make the phones ring, and read who calls.
    if (isFromForeignPage(request.headers, host)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => admit(client, sockets.clients));
  });
  await once(server.listen(port, host), "listening");
  const listening = portOf(server.address());
  const url = `ws://${host.includes(":") ? `[${host}]` : host}:${listening}`;
  const stopPinging = dropDeadClients(sockets.clients, pingEveryMs);
  return {
    url,
    port: listening,
    get clients() {
      return sockets.clients.size;
    },
    announce: (event) => send(sockets.clients, JSON.stringify(event), false),
    close: async () => {
      stopPinging();
      const closed = once(server.close(), "close");
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}

function admit(client: WebSocket, clients: ReadonlySet<WebSocket>): void {
  // ws closes the connection after a frame that is too long or invalid; other clients are not affected.
  client.on("error", () => client.terminate());
  client.on("message", (message, isBinary) => {
    const others = [...clients].filter((other) => other !== client);
    send(others, message, isBinary);
  });
}

function send(clients: Iterable<WebSocket>, message: string | RawData, isBinary: boolean): void {
  for (const client of clients) {
    if (client.readyState !== client.OPEN) continue;
    client.send(message, { binary: isBinary });
    if (client.bufferedAmount > maxBacklogBytes) client.terminate();
  }
}

/** Drops clients that have not answered a ping before the next; returns a function that stops the pings. */
function dropDeadClients(clients: ReadonlySet<WebSocket>, everyMs: number): () => void {
  const silent = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const client of clients) {
      if (silent.has(client)) {
        client.terminate();
        continue;
      }
      silent.add(client);
      client.once("pong", () => silent.delete(client));
      client.ping();
    }
  }, everyMs).unref();
  return () => clearInterval(timer);
}

function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  return address.port;
}

/** Explains this server to browsers and curl. */
function explain(response: ServerResponse, url: string): void {
  const event = buildNewchannel({
    uniqueId: "1763712000.17",
    linkedId: "1763712000.17",
    exten: "07045144801",
    callerId: "01012345678",
    callerName: "홍길동",
  });
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`This is the WebSocket server of a simulated PBX: what one client sends, all others get.

Connect to ${url} and send an event as text, and the phones that are connected ring:

${JSON.stringify(event)}

In a browser's console, or with Node 22 or later:

const pbx = new WebSocket("${url}");
pbx.onopen = () => { pbx.send('${JSON.stringify(event)}'); pbx.close(); };
`);
}

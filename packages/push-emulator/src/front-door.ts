import { createServer as createHttp1Server } from "node:http";
import type { Server as Http1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { Http2Server, ServerHttp2Session, ServerOptions } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import type { Exchange } from "./exchange.ts";
import { createHttp1Exchange } from "./http1-exchange.ts";
import { createHttp2Exchange } from "./http2-exchange.ts";

/** How the port speaks and whom it calls. */
export interface FrontDoorOptions {
  /** PEM key and certificate; given, the port speaks TLS only. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Streams one HTTP/2 connection may have open; left out, as many as it likes. */
  readonly maxConcurrentStreams?: number | undefined;
  readonly receive: (exchange: Exchange) => void;
}

/** The first bytes of HTTP/2's preface; no HTTP/1.1 method starts so. */
const PREFACE_START = Buffer.from("PRI");
const TELLING_BYTES = PREFACE_START.length;
/** Longer than any pool keeps a connection idle, so that the client is always the one to close. */
const KEEP_ALIVE_MS = 120_000;
/** MiB a session may hold: thousands of streams at once are the normal case here, not an attack. */
const SESSION_MEMORY_MIB = 512;
/** Streams a client may reset at once: a whole batch that times out does, and must not lose its connection. */
const RESET_BURST = 1_000_000;

/** One port that speaks HTTP/1.1 and HTTP/2, cleartext or TLS, and knows its connections. */
export class FrontDoor {
  /** Connections accepted so far. */
  accepted = 0;
  readonly #sockets = new Map<string, Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #server: Server;

  constructor(options: FrontDoorOptions) {
    const drop = (socket: Socket): void => this.#reset(socket);
    this.#http1 = createHttp1Server({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      options.receive(createHttp1Exchange(request, response, drop)),
    );
    this.#http2 = createHttp2Server(buildHttp2Options(options.maxConcurrentStreams));
    this.#http2.on("stream", (stream, headers) => options.receive(createHttp2Exchange(stream, headers, drop)));
    this.#http2.on("session", (session) => this.#remember(session));
    this.#server = this.#createServer(options.tls);
    this.#server.on("connection", (socket: Socket) => this.#admit(socket));
  }

  /** Starts listening; rejects when the port is taken. */
  async open(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
    return address;
  }

  /** Sends GOAWAY on every HTTP/2 session; requests in flight are still answered. */
  sendAway(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Resets every open connection, whatever is in flight. */
  dropAll(): void {
    for (const socket of this.#sockets.values()) reset(socket);
  }

  /** Connections open now. */
  get openCount(): number {
    return this.#sockets.size;
  }

  /** Stops listening and closes every connection. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
  }

  #createServer(tls: FrontDoorOptions["tls"]): Server {
    if (tls === undefined) {
      return createTcpServer({ noDelay: true }, (socket) => this.#sniff(socket));
    }
    const server = createTlsServer({ ...tls, ALPNProtocols: ["h2", "http/1.1"], noDelay: true }, (socket) =>
      (socket.alpnProtocol === "h2" ? this.#http2 : this.#http1).emit("connection", socket),
    );
    // A client that speaks no TLS, or does not trust the certificate, is its own problem.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
  }

  #sniff(socket: Socket): void {
    const look = (): void => {
      const start: unknown = socket.read(TELLING_BYTES);
      if (!Buffer.isBuffer(start)) return;
      socket.off("readable", look);
      if (start.length < TELLING_BYTES) return void socket.destroy();
      socket.unshift(start);
      (start.equals(PREFACE_START) ? this.#http2 : this.#http1).emit("connection", socket);
    };
    socket.on("readable", look);
  }

  #admit(socket: Socket): void {
    this.accepted += 1;
    const name = nameSocket(socket);
    this.#sockets.set(name, socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(name));
  }

  #remember(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on("error", () => session.destroy());
    session.once("close", () => this.#sessions.delete(session));
  }

  /** The protocol layers hand out wrapped sockets; only the one that was accepted can be reset. */
  #reset(socket: Socket): void {
    const accepted = this.#sockets.get(nameSocket(socket));
    if (accepted !== undefined) reset(accepted);
  }
}

function reset(socket: Socket): void {
  // Node says goodbye with a FIN before the RST, and a client that sees that first takes it for an orderly close.
  // oxlint-disable-next-line no-underscore-dangle -- Node's documented hook for what happens before a stream is finished
  socket._final = (done) => done();
  socket.resetAndDestroy();
}

function nameSocket(socket: Socket): string {
  return `${socket.remoteAddress ?? ""}|${socket.remotePort ?? 0}`;
}

function buildHttp2Options(maxConcurrentStreams: number | undefined): ServerOptions {
  return {
    maxSessionMemory: SESSION_MEMORY_MIB,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESET_BURST,
    settings: maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams },
  };
}

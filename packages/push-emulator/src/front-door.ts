import { createServer as createHttp1Server, STATUS_CODES } from "node:http";
import type { Server as Http1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { Http2Server, Http2Session, ServerHttp2Session, ServerOptions } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import type { Server as TlsServer } from "node:tls";

import type { Certificate } from "./certificate.ts";
import type { Exchange } from "./exchange.ts";
import { createHttp1Exchange } from "./http1-exchange.ts";
import { createHttp2Exchange, sendAway } from "./http2-exchange.ts";
import { Http2Socket } from "./http2-socket.ts";

/** Options of the port, and the handler of its requests. */
export interface FrontDoorOptions {
  /** If given, the port also serves TLS. */
  readonly certificate?: Certificate | undefined;
  /** Maximum number of open streams per HTTP/2 connection; default: unlimited. */
  readonly maxConcurrentStreams?: number | undefined;
  /** If given, the first SETTINGS announce this number instead, and those opened before are served all the same. */
  readonly announcedStreams?: number;
  /** If given, HTTP/1.1 is not served: its clients read these bytes, made from their first ones, and are disconnected. */
  readonly refuseHttp1?: (start: Buffer) => Buffer;
  /** `session` is the request's HTTP/2 connection; HTTP/1.1 has none. */
  readonly receive: (exchange: Exchange, session?: Http2Session) => void;
}

/** The first byte of TLS: a record of its handshake. */
const TLS_START = 0x16;
/** The first bytes of HTTP/2's preface; no HTTP/1.1 method starts like this. */
const PREFACE_START = Buffer.from("PRI");
const TELLING_BYTES = PREFACE_START.length;
/** Longer than any pool keeps an idle connection, so that the client always closes first. */
const KEEP_ALIVE_MS = 120_000;
/** MiB per session: thousands of concurrent streams are normal here, not an attack. */
const SESSION_MEMORY_MIB = 512;
/**
 * Streams that a client may reset at once: a batch that times out resets all of its streams and must not lose its
 * connection.
 */
const RESET_BURST = 1_000_000;

/** One port for HTTP/1.1 and HTTP/2, in cleartext and over TLS, with a list of its connections. */
export class FrontDoor {
  /** Connections accepted so far. */
  accepted = 0;
  readonly #sockets = new Map<string, Socket>();
  /** The HTTP/2 sessions with their sockets. */
  readonly #sessions = new Map<Http2Session, Socket>();
  readonly #options: FrontDoorOptions;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #tls: TlsServer | undefined;
  readonly #server: Server;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.#http1 = createHttp1Server({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      options.receive(createHttp1Exchange(request, response, () => this.#reset(request.socket))),
    );
    this.#http1.on("clientError", refuseUnread);
    this.#http2 = createHttp2Server(buildHttp2Options(options.maxConcurrentStreams));
    this.#http2.on("stream", (stream, headers, _flags, rawHeaders) => {
      const { session } = stream;
      const exchange = createHttp2Exchange(stream, { headers, rawHeaders }, () => this.#resetSession(session));
      options.receive(exchange, session);
    });
    this.#tls = options.certificate && this.#createTls(options.certificate);
    this.#server = createTcpServer({ noDelay: true }, (socket) => this.#admit(socket));
  }

  /** Starts listening; rejects if the port is in use. */
  async open(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
    return address;
  }

  /** Sends GOAWAY, with `debugData`, on every HTTP/2 session; requests in flight are still answered. */
  sendAway(debugData?: string): void {
    for (const session of this.#sessions.keys()) sendAway(session, debugData);
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

  #createTls(certificate: Certificate): TlsServer {
    const server = createTlsServer({ ...certificate, ALPNProtocols: ["h2", "http/1.1"] }, (socket) =>
      this.#serve(socket, socket.alpnProtocol === "h2"),
    );
    // A client that does not trust the certificate must report that itself.
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
      if (start[0] === TLS_START && this.#tls !== undefined) this.#tls.emit("connection", socket);
      else this.#serve(socket, start.equals(PREFACE_START));
    };
    socket.on("readable", look);
  }

  #serve(socket: Socket, isHttp2: boolean): void {
    if (!isHttp2) return this.#serveHttp1(socket);
    // The server creates the session at once, so this is the session of this socket.
    this.#http2.once("session", (session) => this.#remember(session, socket));
    this.#http2.emit("connection", new Http2Socket(socket, this.#options.announcedStreams));
  }

  #serveHttp1(socket: Socket): void {
    const refuse = this.#options.refuseHttp1;
    if (refuse === undefined) return void this.#http1.emit("connection", socket);
    socket.on("error", () => socket.destroy());
    const answer = (): void => {
      const start: unknown = socket.read();
      socket.end(refuse(Buffer.isBuffer(start) ? start : Buffer.of()));
      // Bytes left unread would reset the connection, and the client would lose the answer.
      socket.resume();
    };
    if (socket.readableLength > 0) answer();
    else socket.once("readable", answer);
  }

  #admit(socket: Socket): void {
    this.accepted += 1;
    const name = nameSocket(socket);
    this.#sockets.set(name, socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(name));
    this.#sniff(socket);
  }

  #remember(session: ServerHttp2Session, socket: Socket): void {
    this.#sessions.set(session, socket);
    session.on("error", () => session.destroy());
    session.once("close", () => this.#sessions.delete(session));
  }

  #resetSession(session: Http2Session | undefined): void {
    const socket = session && this.#sessions.get(session);
    if (session === undefined || socket === undefined) return;
    // A client that is about to acknowledge our settings would write into a reset connection and take the reset for an
    // orderly close.
    if (session.pendingSettingsAck) session.once("localSettings", () => this.#reset(socket));
    else this.#reset(socket);
  }

  /** TLS creates a socket of its own; only the accepted one can be reset. */
  #reset(socket: Socket): void {
    const accepted = this.#sockets.get(nameSocket(socket));
    if (accepted !== undefined) reset(accepted);
  }
}

/**
 * Answers a request that Node cannot read, and drains the rest of it: Node itself closes the connection at once, which resets it
 * under a client still writing, and the client would lose the answer.
 */
function refuseUnread(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Each later piece of the request arrives here, too.
  if (socket.writableEnded || socket.destroyed) return;
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
}

function reset(socket: Socket): void {
  // Node sends a FIN before the RST, and a client that sees the FIN first takes it for an orderly close.
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

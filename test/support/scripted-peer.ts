import { once } from "node:events";
import {
  createSecureServer,
  createServer,
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { text } from "node:stream/consumers";
import { createCertificate, type Certificate } from "../../harness/certificate.ts";

/** One request as the server received it, and the ways to answer it. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The number of its connection, from 1. */
  readonly connection: number;
  accept(): void;
  answer(status: number, body: string, headers?: Record<string, string>): void;
  /** Resets the stream only. */
  reset(): void;
  /** Resets the whole connection. */
  dropConnection(): void;
  /** Announces with a GOAWAY that the connection will be closed. */
  goAway(options?: GoAway): void;
  /** The same, and refuses all requests after this one. */
  goAwayAfterThis(options?: GoAway): void;
  /** Allows so many concurrent requests on its connection. */
  allow(streams: number): void;
  /** Resolves when the client has read everything that was written to its connection before. */
  settled(): Promise<void>;
}

/** What a GOAWAY says. */
export interface GoAway {
  /** The error code, by default none. */
  readonly code?: number;
  /** The debug data. */
  readonly data?: string;
}

/** Options of {@link startScriptedPeer}. */
export interface ScriptedPeerOptions {
  /** The answer by which the real server accepts a request. */
  readonly accept: (received: Received) => void;
  /** Concurrent requests that a new connection allows. */
  readonly streams: number;
  /** The server's certificate, by default one of its own. */
  readonly certificate?: Certificate;
  /** No TLS, for an HTTP/2 client that knows it. */
  readonly isPlain?: boolean;
}

/** An HTTP/2 server that answers each request as the test says. */
export interface ScriptedPeer {
  readonly origin: string;
  readonly ca: string;
  readonly received: readonly Received[];
  /** The number of connections opened since the start or the last `forget`. */
  readonly connections: number;
  /** Sets the reaction to all later requests; the default accepts them. */
  script(react: (received: Received) => unknown): void;
  /** Resolves when `count` requests have come in altogether. */
  arrivals(count: number): Promise<void>;
  /** Resets all connections. */
  dropAll(): void;
  /** Resets the state for the next test: no requests, no connections, every request accepted. */
  forget(): void;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startScriptedPeer(options: ScriptedPeerOptions): Promise<ScriptedPeer> {
  const { accept, streams, isPlain } = options;
  const { key, cert } = options.certificate ?? (await createCertificate());
  const settings = { maxConcurrentStreams: streams };
  const server = isPlain === true ? createServer({ settings }) : createSecureServer({ key, cert, settings });
  const sessions: ServerHttp2Session[] = [];
  const received: Received[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const acceptIt = (each: Received) => each.accept();
  let react: (received: Received) => unknown = acceptIt;

  async function take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    const each = await receive(stream, headers, sessions, accept);
    received.push(each);
    for (const { count, resolve } of waiting) if (received.length >= count) resolve();
    react(each);
  }

  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    void take(stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const { port } = address;

  return {
    origin: `${isPlain === true ? "http" : "https"}://127.0.0.1:${port}`,
    ca: cert,
    received,
    get connections() {
      return sessions.length;
    },
    script: (next) => {
      react = next;
    },
    arrivals: async (count) => {
      if (received.length >= count) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      await promise;
    },
    dropAll: () => sessions.forEach((session) => drop(session)),
    forget: () => {
      for (const session of sessions.splice(0)) session.destroy();
      received.length = 0;
      react = acceptIt;
    },
    close: async () => {
      server.close();
      for (const session of sessions) session.destroy();
      if (server.listening) await once(server, "close");
    },
  };
}

async function receive(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  sessions: readonly ServerHttp2Session[],
  accept: (received: Received) => void,
): Promise<Received> {
  const { session } = stream;
  if (session === undefined || !("server" in session)) throw new Error("A stream without a session");
  const body = await text(stream);
  const answer: Received["answer"] = (status, content, extra = {}) => {
    if (stream.destroyed || stream.closed) return;
    stream.respond({ ":status": status, ...extra });
    stream.end(content);
  };
  const goAway = ({ code = constants.NGHTTP2_NO_ERROR, data }: GoAway, lastStream?: number): void => {
    session.goaway(code, lastStream, data === undefined ? undefined : Buffer.from(data));
  };
  const received: Received = {
    headers,
    body,
    connection: sessions.findIndex((each) => each === session) + 1,
    answer,
    accept: () => accept(received),
    reset: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    dropConnection: () => drop(session),
    goAway: (options = {}) => goAway(options),
    goAwayAfterThis: (options = {}) => goAway(options, stream.id ?? 0),
    allow: (streams) => session.settings({ maxConcurrentStreams: streams }),
    // A ping is answered in order: its ack shows that the client has read the frames before it.
    settled: () => new Promise((resolve) => session.ping(() => resolve())),
  };
  return received;
}

function drop(session: { socket: { destroy(): void } | undefined; destroyed: boolean }): void {
  if (!session.destroyed) session.socket?.destroy();
}

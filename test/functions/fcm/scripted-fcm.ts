import { once } from "node:events";
import {
  createSecureServer,
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { text } from "node:stream/consumers";
import { createCertificate } from "../../../harness/certificate.ts";

/** One send as the server received it, and the ways to answer it. */
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
  /** Sends a GOAWAY, as Google's servers do before they close. */
  goAway(): void;
  /** The same, and refuses all sends after this one. */
  goAwayAfterThis(): void;
  /** Resolves when the client has read everything that was written to its connection before. */
  settled(): Promise<void>;
}

/** An HTTP/2 server over TLS that answers each send as the test says. */
export interface ScriptedFcm {
  readonly origin: string;
  readonly ca: string;
  readonly received: readonly Received[];
  /** The number of connections opened since the start or the last `forget`. */
  readonly connections: number;
  /** Sets the reaction to all later sends; the default accepts them. */
  script(react: (send: Received) => unknown): void;
  /** Resolves when `count` sends have come in altogether. */
  arrivals(count: number): Promise<void>;
  /** Resets all connections. */
  dropAll(): void;
  /** Resets the state for the next test: no sends, no connections, every send accepted. */
  forget(): void;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startScriptedFcm(): Promise<ScriptedFcm> {
  const { key, cert } = await createCertificate();
  const server = createSecureServer({ key, cert, settings: { maxConcurrentStreams: 100 } });
  const sessions: ServerHttp2Session[] = [];
  const received: Received[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const acceptIt = (send: Received) => send.accept();
  let react: (send: Received) => unknown = acceptIt;

  async function take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    const send = await receive(stream, headers, sessions);
    received.push(send);
    for (const { count, resolve } of waiting) if (received.length >= count) resolve();
    react(send);
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
    origin: `https://127.0.0.1:${port}`,
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
): Promise<Received> {
  const { session } = stream;
  if (session === undefined || !("server" in session)) throw new Error("A stream without a session");
  const body = await text(stream);
  const answer: Received["answer"] = (status, content, extra = {}) => {
    if (stream.destroyed || stream.closed) return;
    stream.respond({ ":status": status, "content-type": "application/json; charset=UTF-8", ...extra });
    stream.end(content);
  };
  return {
    headers,
    body,
    connection: sessions.findIndex((each) => each === session) + 1,
    answer,
    accept: () => answer(200, JSON.stringify({ name: `projects/demo/messages/${crypto.randomUUID()}` })),
    reset: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    dropConnection: () => drop(session),
    goAway: () => session.goaway(constants.NGHTTP2_NO_ERROR),
    goAwayAfterThis: () => session.goaway(constants.NGHTTP2_NO_ERROR, stream.id ?? 0),
    // A ping is answered in order: its ack shows that the client has read the frames before it.
    settled: () => new Promise((resolve) => session.ping(() => resolve())),
  };
}

function drop(session: { socket: { destroy(): void } | undefined; destroyed: boolean }): void {
  if (!session.destroyed) session.socket?.destroy();
}

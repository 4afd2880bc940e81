import { once } from "node:events";
import { Agent, request as requestHttp1 } from "node:http";
import { connect } from "node:http2";
import type { ClientHttp2Session, SecureClientSessionOptions } from "node:http2";
import { text } from "node:stream/consumers";

/** An answer with its body. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The body as JSON; missing fields are undefined. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON whose shape they assert
  readonly json: any;
}

/** A request; a body that is no string or buffer is sent as JSON. */
export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: unknown;
}

/** One connection to the emulator, over HTTP/1.1 or HTTP/2. */
export interface Connection {
  ask(ask: Ask): Promise<Reply>;
  close(): void;
}

/** Opens an HTTP/1.1 connection that is kept alive. */
export function openHttp1(url: string): Connection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: ({ method = "GET", path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const request = requestHttp1(url + path, { agent, method, headers });
        request.on("error", reject);
        request.on("response", (response) => {
          text(response).then(
            (answered) => resolve(buildReply(response.statusCode ?? 0, response.headers, answered)),
            reject,
          );
        });
        request.end(encodeBody(body));
      }),
    close: () => agent.destroy(),
  };
}

/** Opens an HTTP/2 session: in cleartext with prior knowledge, or over TLS. */
export function openHttp2(
  url: string,
  options: SecureClientSessionOptions = {},
): Connection & { readonly session: ClientHttp2Session } {
  const session = connect(url, options);
  session.on("error", () => session.destroy());
  return {
    session,
    ask: async ({ method = "GET", path, headers = {}, body }) => {
      const stream = session.request({ ...headers, ":method": method, ":path": path });
      stream.end(encodeBody(body));
      // When a reset comes while Node's client writes, the stream closes without an error.
      const lost = once(stream, "close").then(() => Promise.reject(new Error("the connection was lost")));
      const [answered] = await Promise.race([once(stream, "response"), lost]);
      lost.catch(() => undefined);
      return buildReply(Number(answered[":status"]), answered, await text(stream));
    },
    close: () => session.destroy(),
  };
}

/** A send to messages:send of project `demo`, with the authorization that the emulator needs. */
export function buildSend(body: unknown, headers: Record<string, string> = { authorization: "Bearer owner" }): Ask {
  return {
    method: "POST",
    path: "/v1/projects/demo/messages:send",
    headers: { "content-type": "application/json", ...headers },
    body,
  };
}

function encodeBody(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

function buildReply(status: number, headers: object, answered: string): Reply {
  return {
    status,
    headers: { ...headers },
    text: answered,
    get json() {
      return JSON.parse(answered);
    },
  };
}

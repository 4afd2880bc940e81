import { once } from "node:events";
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificate } from "../../harness/certificate.ts";

/** A server at a base URL, in place of the service. */
export interface Base {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers every request with `answer`, which may never answer; over TLS with a certificate. */
export async function startBase(
  answer: (response: ServerResponse, request: IncomingMessage) => unknown,
  certificate?: Certificate,
): Promise<Base> {
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(response, request);
  const server = certificate === undefined ? createPlain(listener) : createSecure(certificate, listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

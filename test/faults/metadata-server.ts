// https://docs.cloud.google.com/compute/docs/metadata/predefined-metadata-keys
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The server that gives deployed functions their access tokens. */
export interface MetadataServer {
  /** `host:port`, the value for `GCE_METADATA_HOST`. */
  readonly host: string;
  /** The number of tokens issued. */
  readonly issued: number;
  /** Switches failing on or off. */
  fail(isFailing: boolean): void;
  close(): void;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startMetadataServer(): Promise<MetadataServer> {
  let issued = 0;
  let failing = false;
  const server = createServer((request, response) => {
    response.setHeader("metadata-flavor", "Google");
    if (failing) return response.writeHead(503).end("The metadata server is down\n");
    if (request.url?.includes("/token") !== true) return response.end("demo");
    issued += 1;
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify({ access_token: `token-${issued}`, expires_in: 3600, token_type: "Bearer" }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get issued() {
      return issued;
    },
    fail: (isFailing) => {
      failing = isFailing;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

// undici has types for its index only. Loading the index takes 140 ms of a cold start (fetch, WebSocket, caches), these
// files 40.
declare module "undici/lib/dispatcher/client.js" {
  import { Client } from "undici";
  export default Client;
}
declare module "undici/lib/core/connect.js" {
  import type { buildConnector } from "undici";
  type Options = buildConnector.BuildOptions & { readonly useH2c?: boolean };
  export default function build(options: Options): buildConnector.connector;
}
declare module "undici/lib/core/symbols.js" {
  const symbols: { readonly kHTTP2Session: symbol };
  export default symbols;
}

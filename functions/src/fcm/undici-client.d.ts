// undici has types for its index only. Loading the index takes 140 ms of a cold start (fetch, WebSocket, caches), these
// two files 40.
declare module "undici/lib/dispatcher/client.js" {
  import { Client } from "undici";
  export default Client;
}
declare module "undici/lib/core/connect.js" {
  import { buildConnector } from "undici";
  export default buildConnector;
}

/** The incoming calls and the registration of one phone, for browsers, React Native and Node. */
export * from "./call-client.ts";
export * from "./device-client.ts";
export { foldRings, type HistoryCall, type RecordedRing, type Timestamp } from "./history.ts";
export type { Clock } from "./clock.ts";
export type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";

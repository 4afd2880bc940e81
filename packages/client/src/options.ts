import type { CallReport, CallState, PushFacts, ServerSettings } from "../../../functions/src/wire.ts";
import type { Call, CallEnd } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { ConnectionState } from "./connection.ts";
import type { TextStorage } from "./ended-calls.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** What the client needs from the app. */
export interface CallClientOptions {
  /** The id under which this app install is registered. */
  readonly deviceId: string;
  /** The user's server settings: from Firestore (`users/{uid}`) or `getServerSettings`; `null` if none are saved. */
  readonly loadServerSettings: () => Promise<ServerSettings | null>;
  /** Calls the callable `reportCall`. */
  readonly reportCall: (report: CallReport) => Promise<CallState>;
  /**
   * The extens that ring this user (the answer of `registerDevice`), for a PBX that sends every call to every phone. Read
   * for each call, so that a getter may give a later answer.
   */
  readonly extens?: readonly string[] | undefined;
  /** Prefixes of the contexts of incoming trunks, separated by commas; default: `trk`. */
  readonly trunkContextPrefix?: string;
  /** Keeps the ids of ended calls when the app's process ends: a push that comes after its end must not ring. */
  readonly storage?: TextStorage;
  /** Replaces the global `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor;
  readonly clock?: Clock;
}

/** What the app knows of a push besides its data. */
export interface PushOptions {
  /**
   * `apns` for a call that the system's screen shows: for a VoIP push, and where CallKit shows every call also for
   * FCM's. While it rings, the client asks the service every three seconds whether it still does: no push is certain to
   * end it. It is `ended` even if it was never `incoming`.
   */
  readonly channel?: "apns" | "fcm" | undefined;
  /** Sent to the service with the receipts, to explain a late push. */
  readonly facts?: PushFacts | undefined;
}

/**
 * What has become of a push's call on this phone. `over`: it does not ring, or not any more; a screen that shows it must
 * end. `ignored`: the push is not about a call.
 */
export type PushResult = "ringing" | "active" | "over" | "ignored";

/** The client's events. */
export interface CallClientEvents {
  /** A call rings: show it, or announce it if it is `waiting`. */
  readonly incoming: (call: Call) => void;
  /** The user has answered the call here. */
  readonly answered: (call: Call) => void;
  /**
   * A call that rang or was active is over, or one that came as a VoIP push; `unreachable` is one that was never shown:
   * show it as missed.
   */
  readonly ended: (call: Call, reason: CallEnd) => void;
  readonly connection: (state: ConnectionState) => void;
}

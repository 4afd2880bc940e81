// What phones and the service say to each other. The TypeScript client is built from the same words, so this file imports
// nothing.

/** How far a ring has come. */
export type CallStatus = "waking" | "notified" | "ready" | "answered" | "declined" | "failed" | "ended";

/** Why a phone is to stop ringing. */
export type EndReason = "answered" | "answered_elsewhere" | "cancelled" | "missed" | "declined" | "busy" | "failed";

/** What a phone can report of a ring. */
export type Receipt = "received" | "ready" | "answered" | "declined" | "ended";

/** What a phone sends to `reportCall`. */
export interface CallReport {
  readonly callId: string;
  readonly deviceId: string;
  readonly event: Receipt;
}

/** How the call really stands, so that a phone woken for a dead one stays silent: the answer of `reportCall`. */
export interface CallState {
  readonly callId: string;
  readonly status: CallStatus;
  /** Whether this phone is to ring. */
  readonly ringing: boolean;
  readonly reason?: EndReason;
}

/** Where the app's WebSocket connects, `ws(s)://serverAddress:serverPort`: three fields of `users/{uid}`. */
export interface ServerSettings {
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly serverSSL: boolean;
}

/** The data of the push that makes a phone ring. Times are ISO 8601. */
export interface IncomingCallData {
  readonly type: "incoming_call";
  /** The ring's id, a UUID. */
  readonly callId: string;
  /** The PBX's own id of the call, which its WebSocket events carry; all rings of a call have it. */
  readonly linkedId: string;
  /** What the PBX calls this ring, which the INVITE may carry; absent when the PBX does not name its rings. */
  readonly pbxRingId?: string;
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly timestamp: string;
  /** When the phone is to have stopped ringing by itself. */
  readonly expiresAt: string;
}

/** The data of the push that makes a phone stop ringing. */
export interface CallEndedData {
  readonly type: "call_ended";
  readonly callId: string;
  /** Absent when the phone is another user's by now. */
  readonly reason?: EndReason;
}

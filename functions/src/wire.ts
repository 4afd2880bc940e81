// The types that phones and the service exchange. The TypeScript client is built from this file too, so it imports
// nothing.

/** The status of a ring. */
export type CallStatus = "waking" | "notified" | "ready" | "answered" | "declined" | "failed" | "ended";

/** Why a phone must stop ringing. */
export type EndReason = "answered" | "answered_elsewhere" | "cancelled" | "missed" | "declined" | "busy" | "failed";

/** What a phone can report about a ring. `failed` is a phone that was woken and could not get to its PBX. */
export type Receipt = "received" | "ready" | "failed" | "answered" | "declined" | "ended";

/** Why a phone that was woken could not get to its PBX. */
export type PhoneFailure = "no_settings" | "no_connection" | "no_permission" | "error";

/** FCM's priority of a message. */
export type PushPriority = "high" | "normal";

/**
 * What a phone knows of the push that woke it, to explain a late one. Times are ISO 8601 in UTC, by the phone's clock.
 * FCM lowers the priority of an app whose pushes show nothing: then `priority` differs from `originalPriority`.
 */
export interface PushFacts {
  readonly receivedAt?: string | undefined;
  /** When FCM took it, as the message says. */
  readonly sentAt?: string | undefined;
  readonly priority?: PushPriority | undefined;
  readonly originalPriority?: PushPriority | undefined;
}

/** What a phone sends to `reportCall`. */
export interface CallReport {
  readonly callId: string;
  readonly deviceId: string;
  readonly event: Receipt;
  /** Required with `failed`; has no meaning with any other event. */
  readonly reason?: PhoneFailure | undefined;
  readonly facts?: PushFacts | undefined;
}

/** The current state of the call, the answer of `reportCall`: a phone woken for a call that is over stays silent. */
export interface CallState {
  readonly callId: string;
  readonly status: CallStatus;
  /** Whether this phone should ring. */
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
  /** The PBX's id of the call, which its WebSocket events have too; all rings of a call share it. */
  readonly linkedId: string;
  /** The PBX's id of this ring, which the INVITE may have too; absent if the PBX gives none. */
  readonly pbxRingId?: string;
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly timestamp: string;
  /** When the phone must have stopped ringing by itself. */
  readonly expiresAt: string;
}

/** The data of the push that makes a phone stop ringing. */
export interface CallEndedData {
  readonly type: "call_ended";
  readonly callId: string;
  /** Absent if the phone belongs to another user by now. */
  readonly reason?: EndReason;
}

/**
 * The place of a request among an app's requests to register and to unregister: they may overtake each other on the
 * way, and the service lets no earlier one undo a later one. It needs no clock.
 */
export interface RequestOrder {
  /** Names one run of the app: a random text. */
  readonly run: string;
  /** Counts the requests of the run. */
  readonly count: number;
}

/** What a phone sends to `registerDevice`. */
export interface DeviceInput {
  /** The app install's own id, stored on the phone: 1 to 128 of `A-Z a-z 0-9 . _ : -`. */
  readonly deviceId: string;
  readonly platform: "android" | "ios" | "web";
  readonly registration: { readonly kind: "token" | "fid"; readonly value: string };
  readonly appVersion?: string | null | undefined;
  readonly locale?: string | null | undefined;
  /** An iPhone's address for VoIP pushes; `null` if it has none any more. Absent leaves it as it is. */
  readonly voip?: VoipAddress | null | undefined;
  /** What the app knows of the phone; absent leaves them as they are. */
  readonly facts?: DeviceFacts | undefined;
  readonly order?: RequestOrder | undefined;
}

/** The address of an app install for VoIP pushes at APNs. */
export interface VoipAddress {
  /** What PushKit gives the app, in hex. */
  readonly token: string;
  /** The app's bundle id and `.voip`. */
  readonly topic: string;
  /** `sandbox` for a build that Xcode has installed, `production` for TestFlight and the App Store. */
  readonly environment: "production" | "sandbox";
}

/**
 * What an app knows of its phone, to explain a call that did not ring: `os`, `osVersion`, `model`, `notifications`,
 * `fullScreen`, `batteryRestricted` and others; at most twenty, each a boolean or a text of at most 64 characters.
 */
export type DeviceFacts = Readonly<Record<string, boolean | string>>;

/** The answer of `registerDevice`. */
export interface Registered {
  readonly extens: readonly string[];
  readonly serverSettings: ServerSettings | null;
  /** The ids of the user's devices that gave way to this one; absent if none did. */
  readonly evicted?: readonly string[];
}

// The types between the virtual phone's page and its server. Both are built from this file, so it imports only types.
import type { CallStatus, EndReason } from "../../functions/src/wire.ts";

/** A user the page can sign in as. */
export interface DemoUser {
  readonly email: string;
  readonly password: string;
  /** The extens that ring this user's phones. */
  readonly lines: readonly string[];
}

/** The phone that the stack has registered. */
export interface DemoPhone {
  readonly deviceId: string;
  /** The token of its app's last install: the body of `PUT /api/demo-phone` changes it, in any browser. */
  readonly token: string;
}

/** What the page needs to know about its stack: the answer of `GET /api/config`. It has no PBX key. */
export interface PhoneConfig {
  readonly projectId: string;
  /** Base URL of the callables. */
  readonly functionsUrl: string;
  readonly fcmUrl: string;
  readonly authUrl: string;
  /** The operators' console. */
  readonly consoleUrl: string;
  /** At least one. */
  readonly users: readonly [DemoUser, ...DemoUser[]];
  /** The phone that the stack has registered for the first user; the first tab uses it. */
  readonly demoPhone: DemoPhone;
  /** Differs with each start of the stack. */
  readonly run: string;
}

/** A call to place: the body of `POST /api/calls`. */
export interface CallRequest {
  readonly callerId: string;
  readonly callerName: string;
  readonly extens: readonly string[];
  readonly ringSeconds?: number;
}

/** A call as the PBX panel shows it. `GET /api/calls` sends all of them, oldest first, whenever one changes. */
export interface PanelCall extends Omit<CallRequest, "ringSeconds"> {
  readonly linkedId: string;
  readonly state: "waking" | "ringing" | "answered" | "ended";
  /** Set when the service could wake no phone: the desk phone rings alone. */
  readonly ringsDeskOnly?: boolean;
  readonly answeredBy?: "phone" | "desk";
  readonly endedBy?: "caller" | "nobody" | "declined" | "hung_up" | "unreachable";
  /** ISO 8601. */
  readonly placedAt: string;
  /** In milliseconds since the call was placed. */
  readonly steps: readonly { readonly atMs: number; readonly what: string }[];
}

/** An action on a call: `POST /api/calls/{linkedId}/{action}`. */
export type CallAction = "give-up" | "answer-at-desk" | "hang-up";

/** A call in a user's history, with all its rings; `GET /api/history` lists them, newest first. */
export interface HistoryEntry {
  /** The ring that the other fields describe. */
  readonly callId: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly extens: readonly string[];
  /** Time of the last ring, ISO 8601. */
  readonly createdAt: string;
  readonly status: CallStatus;
  readonly endReason?: EndReason;
  /** The device that answered, if it is one of the service's phones. */
  readonly answeredBy?: string;
  /** While it rings: end of the ring time, ISO 8601. */
  readonly ringEndsAt?: string;
  /** Number of rings. */
  readonly rings: number;
}

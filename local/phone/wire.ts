// What the virtual phone's page and its server say to each other. Both are built from it, so this file imports types only.
import type { CallStatus, EndReason } from "../../functions/src/wire.ts";

/** A user the page can sign in as. */
export interface DemoUser {
  readonly email: string;
  readonly password: string;
  /** The extens that ring this user's phones. */
  readonly lines: readonly string[];
}

/** What the page has to know of the stack it is part of, and the answer of `GET /api/config`. It holds no key of the PBX. */
export interface PhoneConfig {
  readonly projectId: string;
  /** Where the callables are, each under its name. */
  readonly functionsUrl: string;
  readonly fcmUrl: string;
  readonly authUrl: string;
  /** At least one. */
  readonly users: readonly [DemoUser, ...DemoUser[]];
  /** The phone that the stack has registered for the first user, which the first tab takes over. */
  readonly demoPhone: { readonly deviceId: string; readonly token: string };
}

/** A call to be placed: the body of `POST /api/calls`. */
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
  readonly answeredBy?: "phone" | "desk";
  readonly endedBy?: "caller" | "nobody" | "declined" | "hung_up" | "unreachable";
  /** ISO 8601. */
  readonly placedAt: string;
  /** In milliseconds since the call was placed. */
  readonly steps: readonly { readonly atMs: number; readonly what: string }[];
}

/** What can be done to a call: `POST /api/calls/{linkedId}/{action}`. */
export type CallAction = "give-up" | "answer-at-desk" | "hang-up";

/** A call in a user's history, over all its rings: one of the answer of `GET /api/history`, newest first. */
export interface HistoryEntry {
  /** The ring that the rest tells of. */
  readonly callId: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly extens: readonly string[];
  /** When it rang last, ISO 8601. */
  readonly createdAt: string;
  readonly status: CallStatus;
  readonly endReason?: EndReason;
  /** The device that answered, when it was one of the service's phones. */
  readonly answeredBy?: string;
  /** While it rings: when it will have been missed, ISO 8601. */
  readonly ringEndsAt?: string;
  /** How often it has rung. */
  readonly rings: number;
}

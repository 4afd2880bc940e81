import type { CallStatus, EndReason } from "../../wire.ts";
import type { Finding, PageRequest, Time } from "./common.ts";

/** Which rings are wanted; the filters are combined with AND. */
export interface CallFilter {
  readonly pbxId?: string | undefined;
  readonly exten?: string | undefined;
  /** A uid or an email. */
  readonly user?: string | undefined;
  readonly status?: CallStatus | undefined;
}

/** A list of rings, newest first. */
export interface CallsRequest extends CallFilter, PageRequest {
  readonly since?: Time | undefined;
  readonly until?: Time | undefined;
}

/** One phone of a ring, in short. */
export interface RingPhone {
  readonly deviceId: string;
  readonly state: "failed" | "accepted" | "received" | "ready" | "answered" | "declined" | "ended";
  /** Why no push service took the push. */
  readonly error?: string;
}

/** One ring, without its caller. */
export interface RingRow {
  /** The ring's id, what phones call `callId`. */
  readonly callId: string;
  readonly pbxId: string;
  /** The PBX's id of the call; the rings of one call share it. */
  readonly linkedId: string;
  /** The PBX's id of the ring. */
  readonly pbxRingId?: string;
  readonly exten: string;
  /** Absent where the exten has no line. */
  readonly uid?: string;
  readonly status: CallStatus;
  readonly reason?: EndReason;
  readonly announcedAt: Time;
  readonly phones: readonly RingPhone[];
  /** From the announcement to the first phone that was ready. */
  readonly readyMs?: number;
  /** Whether phones ring for it, or are about to. */
  readonly isOpen: boolean;
}

/** The next part of the live tail. */
export interface TailRequest extends CallFilter {
  /** The `cursor` of the answer before, with the same filter; absent at the beginning. */
  readonly cursor?: string | undefined;
}

/** What is new since the cursor. */
export interface Tail {
  /** New rings, and those that changed: a row replaces the one with its `callId`. Oldest first. */
  readonly rows: readonly RingRow[];
  readonly cursor: string;
  /** When to ask again, in milliseconds; earlier costs reads and brings little. Ask only while the page is visible. */
  readonly askAgainMs: number;
  /** Whether there were more rings than are shown, or than the cursor can follow: then the list has to be loaded again. */
  readonly isCut: boolean;
}

/** Which call is wanted. */
export interface CallRequest {
  /** A `callId`, a `call_id` (linkedId), or `<pbx>~<call_id>`. */
  readonly call: string;
  readonly pbxId?: string | undefined;
  /** If there is no record of it: when the phone should have rung. Now if absent. */
  readonly at?: Time | undefined;
  /** The time zone of the times in the sentences; the deployment's if absent. */
  readonly timeZone?: string | undefined;
}

/** What can happen to a ring. Those from `accepted` on happen at one of its phones. */
export type StepName =
  | "announced"
  | "ended"
  | "timed_out"
  | "refused"
  | "accepted"
  | "received"
  | "ready"
  | "failed"
  | "answered"
  | "declined"
  | "stopped"
  | "told";

/** A step of a ring's time line. */
export interface Step {
  readonly at: Time;
  /** In milliseconds since the announcement. */
  readonly ms: number;
  readonly step: StepName;
  readonly deviceId?: string;
  readonly channel?: "fcm" | "apns";
  /** Why: a push service's code, a phone's reason, the reason of the end. */
  readonly reason?: string;
}

/** A phone of a ring: what it was then, and why it did or did not ring. */
export interface PhoneOfRing extends RingPhone {
  /** Model, system and version of the app, if the app said. */
  readonly model?: string;
  readonly platform?: "android" | "ios" | "web";
  readonly verdict: Finding;
  /** The priority that FCM gave the push, and the one that was asked for, as the phone saw them. */
  readonly priority?: "high" | "normal";
  readonly originalPriority?: "high" | "normal";
  /** The phone's clock minus ours, in milliseconds, where both are known: it may be wrong. */
  readonly clockOffMs?: number;
}

/** A ring with its time line and verdict. */
export interface RingStory extends Omit<RingRow, "phones"> {
  readonly ringEndsAt: Time;
  readonly email?: string;
  /** The ring whose phones rang for this one, too. */
  readonly joined?: string;
  /** Oldest first. */
  readonly steps: readonly Step[];
  /** Why the ring has no phone; absent if it has. */
  readonly verdict?: Finding;
  readonly phones: readonly PhoneOfRing[];
}

/** One call, or the reason why there is none on record. */
export interface CallStory {
  /** Oldest first; none if there is no record. */
  readonly rings: readonly RingStory[];
  /** Why there may be no record; absent if there is one. */
  readonly missing?: Finding;
}

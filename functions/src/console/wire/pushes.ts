import type { PageRequest, Time } from "./common.ts";

/** Which pushes of `POST /pushes` are wanted: those to come, soonest first; or those that failed, latest first. */
export interface PushesRequest extends PageRequest {
  readonly which: "reserved" | "failed";
}

/** One push. What it says and the tokens it goes to are not shown. */
export interface PushRow {
  /** `<pbx>~<id>`. */
  readonly pushId: string;
  readonly pbxId: string;
  readonly state: "reserved" | "queued" | "sending" | "sent" | "partly_sent" | "failed" | "expired" | "cancelled";
  /** Whom it is for. */
  readonly target: {
    readonly kind: "token" | "tokens" | "exten" | "uid" | "topic";
    /** The exten, the uid or the topic. */
    readonly name?: string;
    /** The number of tokens. */
    readonly count?: number;
  };
  readonly isSilent: boolean;
  readonly createdAt: Time;
  readonly reservedAt?: Time;
  readonly expiresAt: Time;
  readonly failedAt?: Time;
  readonly result?: { readonly accepted: number; readonly failed: number; readonly pending: number };
  /** Failures by code. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Names a push. */
export interface PushRequest {
  readonly pushId: string;
}

/** Why a simulated call ended: who ended it, no answer (`nobody`), or no phone could be reached (`unreachable`). */
export type EndedBy = "caller" | "nobody" | "declined" | "hung_up" | "unreachable";

/** One step of a call, in milliseconds since the call was placed. */
export interface Step {
  readonly atMs: number;
  readonly what: string;
}

/** A call to place. */
export interface CallRequest {
  /** Empty when withheld. */
  readonly callerId: string;
  readonly callerName: string;
  /** The numbers that ring, at least one; several ring together, as in a ring group. */
  readonly extens: readonly string[];
  /** Ring time, 5 to 120 seconds; default 30. */
  readonly ringSeconds?: number;
}

/** A snapshot of a call at the simulated PBX. */
export interface PlacedCall {
  /** The PBX's own id of the call. */
  readonly linkedId: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly extens: readonly string[];
  /** `waking` until a phone is ready, or it is certain that none will be; then the desk phone rings too. */
  readonly state: "waking" | "ringing" | "answered" | "ended";
  /** Set when the service could wake no phone: the desk phone rings alone. */
  readonly ringsDeskOnly?: boolean;
  readonly answeredBy?: "phone" | "desk";
  readonly endedBy?: EndedBy;
  /** ISO 8601. */
  readonly placedAt: string;
  /** Oldest first. */
  readonly steps: readonly Step[];
}

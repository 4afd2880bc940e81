/** Why a simulated call is over: who ended it, or that it rang in vain with or without a phone it could reach. */
export type EndedBy = "caller" | "nobody" | "declined" | "hung_up" | "unreachable";

/** One thing that happened, in milliseconds since the call was placed. */
export interface Step {
  readonly atMs: number;
  readonly what: string;
}

/** What a call rings and who calls. */
export interface CallRequest {
  /** Empty when withheld. */
  readonly callerId: string;
  readonly callerName: string;
  /** Every number that the call rings, as a ring group does; one at least. */
  readonly extens: readonly string[];
  /** For how long, 5 to 120 seconds; default 30. */
  readonly ringSeconds?: number;
}

/** A call at the simulated PBX as it stands: a snapshot, the next change brings the next one. */
export interface PlacedCall {
  /** The PBX's own id of the call. */
  readonly linkedId: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly extens: readonly string[];
  /** `waking` until a phone is ready, or it is clear that none will be; the desk rings from then on too. */
  readonly state: "waking" | "ringing" | "answered" | "ended";
  readonly answeredBy?: "phone" | "desk";
  readonly endedBy?: EndedBy;
  /** ISO 8601. */
  readonly placedAt: string;
  /** Oldest first. */
  readonly steps: readonly Step[];
}

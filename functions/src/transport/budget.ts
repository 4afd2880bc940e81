import type { Outcome } from "./outcome.ts";

/** A send that failed and may be tried again. */
export type Unavailable = Extract<Outcome, { status: "unavailable" }>;

/** How long and how often one send may be tried. */
export interface Budget {
  /** Timeout of one try. */
  readonly attemptTimeoutMs: number;
  /** Timeout of all tries together, counted from the call. */
  readonly totalMs: number;
  /** When the message expires, in milliseconds since the epoch: nothing is sent at or after it. */
  readonly expiresAt?: number;
  /** The sender's deadline, in milliseconds since the epoch: no try starts at or after it. */
  readonly endsAt?: number;
  /**
   * The wait before the next try, in milliseconds, after `retries` retries; `random` is in [0, 1). Undefined gives up.
   */
  retryDelayMs(failure: Unavailable, retries: number, random: number): number | undefined;
  /** Whether refused credentials are retried like an outage; otherwise the send is rejected at once. */
  readonly outlastsRefusal?: boolean;
  /**
   * Asked before every try, and before a request that has waited or is sent again within one; false gives up. `isRepeat`:
   * an earlier request of this send may have been delivered.
   */
  readonly isStillWanted?: (isRepeat: boolean) => Promise<boolean>;
  /** Once it is aborted, nothing is written any more; a request that is written already is answered. */
  readonly signal?: AbortSignal;
}

/** What may stop a message before it is sent. */
export type Wanted = Pick<Budget, "isStillWanted" | "signal">;

/** Whether a message may still be sent, or sent again. */
export async function isWanted({ isStillWanted, signal }: Wanted, isRepeat = false): Promise<boolean> {
  return (await isStillWanted?.(isRepeat)) !== false && signal?.aborted !== true;
}

// The PBX holds the caller while it waits for our answer, ten seconds at most. That is enough for two tries and the
// writes before and after them.
const promptTotalMs = 8500;
const promptAttemptMs = 4000;
const quickRetryMs = 200;

/** The limits of a call push. */
export interface CallLimits extends Pick<Budget, "endsAt" | "isStillWanted" | "signal"> {
  /** Milliseconds since the epoch. */
  readonly ringEndsAt: number;
}

/**
 * The budget of a call push: one quick retry, all within the ring time and 8.5 seconds.
 *
 * Google asks for ten seconds before a retry of a 500 or 503 and a minute after a 429. A phone rings for twenty to
 * thirty seconds, so by those rules the push would arrive after the caller has hung up. Instead we retry once per call.
 * If FCM sends a Retry-After that fits the budget we obey it, and if it does not fit we give up at once.
 */
export function callBudget({ ringEndsAt, ...limits }: CallLimits): Budget {
  return { ...sendBudget(), ...limits, expiresAt: ringEndsAt };
}

/** The budget of a push that a client waits for and that has no ring time: one quick retry, all within 8.5 seconds. */
export function sendBudget(): Budget {
  return {
    attemptTimeoutMs: promptAttemptMs,
    totalMs: promptTotalMs,
    retryDelayMs({ retryAfterMs = 0 }, retries, random) {
      return retries > 0 ? undefined : Math.max(quickRetryMs, retryAfterMs) + random * quickRetryMs;
    },
  };
}

import type { Outcome } from "./outcome.ts";

/** A send that failed and may be tried again. */
export type Unavailable = Extract<Outcome, { status: "unavailable" }>;

/** How long and how often one send may be tried. */
export interface Budget {
  /** The longest one try may take. */
  readonly attemptTimeoutMs: number;
  /** The longest all of it may take, from when the send was asked for. */
  readonly totalMs: number;
  /** When the message is worth nothing any more, in milliseconds since the epoch: nothing leaves at or after it. */
  readonly expiresAt?: number;
  /** When the sender has to be done, in milliseconds since the epoch: nothing is tried at or after it. */
  readonly endsAt?: number;
  /** The wait before the next try after `retries` earlier ones, `random` in [0, 1); undefined gives up. */
  retryDelayMs(failure: Unavailable, retries: number, random: number): number | undefined;
  /** Whether credentials that FCM refuses are waited out as an outage is; without it the send is rejected at once. */
  readonly outlastsRefusal?: boolean;
  /** Asked before every try; false gives up. */
  readonly isStillWanted?: () => Promise<boolean>;
}

// The PBX holds the caller while it waits for our answer, ten seconds at most: two tries fit, and the records around them.
const promptTotalMs = 8500;
const promptAttemptMs = 4000;
const quickRetryMs = 200;

/** How long a call push is worth sending. */
export interface CallLimits extends Pick<Budget, "endsAt" | "isStillWanted"> {
  /** Milliseconds since the epoch. */
  readonly ringEndsAt: number;
}

/**
 * The budget of a call push: all within the ringing and eight and a half seconds, and one quick retry.
 *
 * Google asks for ten seconds before a retry of a 500 or 503 and a minute after a 429. A phone rings for twenty to
 * thirty seconds, so that a push sent by those rules comes when the caller has hung up. One retry per call is what we
 * take instead; when FCM names a wait of its own that fits the budget we keep to it, and give up at once when it does not.
 */
export function callBudget({ ringEndsAt, ...limits }: CallLimits): Budget {
  return { ...sendBudget(), ...limits, expiresAt: ringEndsAt };
}

/** The budget of a push somebody waits for, with no ringing that ends: eight and a half seconds and one quick retry. */
export function sendBudget(): Budget {
  return {
    attemptTimeoutMs: promptAttemptMs,
    totalMs: promptTotalMs,
    retryDelayMs({ retryAfterMs = 0 }, retries, random) {
      return retries > 0 ? undefined : Math.max(quickRetryMs, retryAfterMs) + random * quickRetryMs;
    },
  };
}

// https://firebase.google.com/docs/cloud-messaging/scale-fcm#handling-retries
const bulkAttemptMs = 15_000;
const bulkTotalMs = 60 * 60_000;
const firstBulkRetryMs = 10_000;
const longestBulkRetryMs = 10 * 60_000;
const quotaRetryMs = 60_000;
const quotaCodes = new Set(["QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", "http_429"]);

/**
 * The budget of a mass push, by Google's rules: at least ten seconds before a retry and twice as long before each
 * next one, the wait FCM names or a minute when a quota is used up, an end after an hour or when the push expires.
 * Credentials that FCM refuses are put right within that time, or are right again by themselves: a rotation, a role just
 * granted.
 */
export function bulkBudget({ expiresAt, endsAt }: Pick<Budget, "expiresAt" | "endsAt"> = {}): Budget {
  return {
    attemptTimeoutMs: bulkAttemptMs,
    totalMs: bulkTotalMs,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(endsAt !== undefined && { endsAt }),
    outlastsRefusal: true,
    retryDelayMs({ code, retryAfterMs }, retries, random) {
      const backoff = Math.min(firstBulkRetryMs * 2 ** retries, longestBulkRetryMs);
      const asked = retryAfterMs ?? (quotaCodes.has(code) ? quotaRetryMs : 0);
      const wait = Math.max(backoff, asked);
      // Up to half as much again, so that what failed together does not come back together.
      return wait * (1 + random / 2);
    },
  };
}

import type { Budget } from "../transport/budget.ts";

// https://firebase.google.com/docs/cloud-messaging/scale-fcm#handling-retries
const bulkAttemptMs = 15_000;
const bulkTotalMs = 60 * 60_000;
const firstBulkRetryMs = 10_000;
const longestBulkRetryMs = 10 * 60_000;
const quotaRetryMs = 60_000;
const quotaCodes = new Set(["QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", "http_429"]);

/**
 * The budget of a mass push, by Google's rules: exponential backoff from ten seconds, and at least FCM's Retry-After,
 * or a minute if a quota is used up. It gives up after an hour or when the push expires. Refused credentials are
 * retried: they may be repaired within that time, or recover by themselves (a rotation, a role just granted).
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
      // Jitter of up to half the wait, so that sends that failed together are not retried together.
      return wait * (1 + random / 2);
    },
  };
}

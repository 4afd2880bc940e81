/**
 * What became of one send, sorted by what the caller must do next. Expected failures are values, never exceptions.
 *
 * - `accepted`: FCM took the message; it says nothing about delivery.
 * - `unregistered`: the registration is dead; forget it, never retry.
 * - `rejected`: our message, credentials or project are wrong; keep the registration, do not retry, tell the operator.
 * - `unavailable`: FCM or the way to it failed and the budget for retries is spent.
 */
export type Outcome =
  | { readonly status: "accepted"; readonly messageId: string }
  | { readonly status: "unregistered"; readonly code: string }
  | { readonly status: "rejected"; readonly code: string; readonly message: string }
  | { readonly status: "unavailable"; readonly code: string; readonly retryAfterMs?: number };

/** What FCM says about a failure besides its code. */
export interface FailureDetail {
  /** APNs' reason for refusing the push that FCM forwarded, such as `BadDeviceToken`. */
  readonly apnsReason?: string;
  /** FCM did not answer a try, so it may have accepted the message. */
  readonly mayBeDelivered?: true;
}

/**
 * The outcome of one send, by what the caller must do next. Expected failures are values, never exceptions.
 *
 * - `accepted`: FCM accepted the message; that says nothing about delivery.
 * - `unregistered`: the registration is dead; forget it, never retry.
 * - `rejected`: our message, credentials or project are wrong; keep the registration, do not retry, tell the operator.
 * - `unavailable`: FCM or the network failed and the retry budget is spent.
 */
export type Outcome =
  | { readonly status: "accepted"; readonly messageId: string }
  | (FailureDetail & { readonly status: "unregistered"; readonly code: string })
  | (FailureDetail & { readonly status: "rejected"; readonly code: string; readonly message: string })
  | (FailureDetail & {
      readonly status: "unavailable";
      readonly code: string;
      readonly retryAfterMs?: number;
    });

/** The outcome of a send that FCM did not accept. */
export type Failure = Exclude<Outcome, { status: "accepted" }>;

/** A failure's name for counting: FCM's code, with APNs' reason if there is one: `INVALID_ARGUMENT/BadDeviceToken`. */
export function nameFailure({ code, apnsReason }: FailureDetail & { readonly code: string }): string {
  return apnsReason === undefined ? code : `${code}/${apnsReason}`;
}

/** APNs' reason as a field of its own, or no field. */
export function pickApnsReason({ apnsReason }: { readonly apnsReason?: string | undefined }): FailureDetail {
  return apnsReason === undefined ? {} : { apnsReason };
}

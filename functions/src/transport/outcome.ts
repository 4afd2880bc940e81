/** One of Apple's two environments; each device token belongs to one. */
export type ApnsEnvironment = "production" | "sandbox";

/** What is known about a failure besides its code. */
export interface FailureDetail {
  /** APNs' reason for refusing the push that FCM forwarded, such as `BadDeviceToken`. */
  readonly apnsReason?: string;
  /** FCM or APNs did not answer a try, so it may have accepted the message. */
  readonly mayBeDelivered?: true;
}

/**
 * The outcome of one send through FCM or APNs, by what the caller must do next. Expected failures are values, never
 * exceptions.
 *
 * - `accepted`: FCM or APNs accepted the message; that says nothing about delivery. `environment`: the one of Apple's
 *   environments that the token belongs to, if it is not the one that was asked for.
 * - `unregistered`: the registration is dead; forget it, never retry. `unregisteredAt`: since when, in milliseconds since
 *   the epoch; a registration that was made later is alive.
 * - `rejected`: our message, credentials or project are wrong; keep the registration, do not retry, tell the operator.
 * - `unavailable`: FCM, APNs or the network failed and the retry budget is spent. `environment`: the one to ask next, if the
 *   one that was asked does not know the token and there was no time for the other.
 */
export type Outcome =
  | { readonly status: "accepted"; readonly messageId: string; readonly environment?: ApnsEnvironment }
  | (FailureDetail & { readonly status: "unregistered"; readonly code: string; readonly unregisteredAt?: number })
  | (FailureDetail & { readonly status: "rejected"; readonly code: string; readonly message: string })
  | (FailureDetail & {
      readonly status: "unavailable";
      readonly code: string;
      readonly retryAfterMs?: number;
      readonly environment?: ApnsEnvironment;
    });

/** The two services that carry pushes. */
export type Channel = "fcm" | "apns";

/** What a service said of a push, and when, in milliseconds since the epoch. */
export interface Said {
  readonly outcome: Outcome;
  readonly at: number;
}

/** The outcome of a push that FCM and APNs may carry, and whose it is. */
export interface Carried {
  readonly outcome: Outcome;
  readonly channel: Channel;
  /** What APNs said of the VoIP token, if it was asked and has answered. */
  readonly voip?: Outcome;
  /** What APNs will say of it, if it was asked and has not answered yet. */
  readonly late?: Promise<Outcome>;
}

/** The same with the time of the answer, in milliseconds since the epoch, and what each service said by then. */
export interface CarriedAt extends Carried {
  readonly at: number;
  readonly said: Readonly<Partial<Record<Channel, Said>>>;
}

/** The outcome of a send that was not accepted. */
export type Failure = Exclude<Outcome, { status: "accepted" }>;

/** A failure's name for counting: its code, with APNs' reason if there is one: `INVALID_ARGUMENT/BadDeviceToken`. */
export function nameFailure({ code, apnsReason }: FailureDetail & { readonly code: string }): string {
  return apnsReason === undefined ? code : `${code}/${apnsReason}`;
}

/** APNs' reason as a field of its own, or no field. */
export function pickApnsReason({ apnsReason }: { readonly apnsReason?: string | undefined }): FailureDetail {
  return apnsReason === undefined ? {} : { apnsReason };
}

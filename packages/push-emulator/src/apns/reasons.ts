/**
 * Apple's reasons for an error, with their HTTP status.
 * https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
 */
export const STATUS_OF_REASON = {
  BadCollapseId: 400,
  BadDeviceToken: 400,
  BadExpirationDate: 400,
  BadMessageId: 400,
  BadPriority: 400,
  BadTopic: 400,
  DeviceTokenNotForTopic: 400,
  DuplicateHeaders: 400,
  IdleTimeout: 400,
  InvalidPushType: 400,
  MissingDeviceToken: 400,
  MissingTopic: 400,
  PayloadEmpty: 400,
  TopicDisallowed: 400,
  BadCertificate: 403,
  BadCertificateEnvironment: 403,
  BadEnvironmentKeyIdInToken: 403,
  // Apple documents the name above; some have received this one.
  BadEnvironmentKeyInToken: 403,
  ExpiredProviderToken: 403,
  Forbidden: 403,
  InvalidProviderToken: 403,
  MissingProviderToken: 403,
  UnrelatedKeyIdInToken: 403,
  BadPath: 404,
  MethodNotAllowed: 405,
  ExpiredToken: 410,
  Unregistered: 410,
  PayloadTooLarge: 413,
  TooManyProviderTokenUpdates: 429,
  TooManyRequests: 429,
  InternalServerError: 500,
  ServiceUnavailable: 503,
  Shutdown: 503,
} as const;

/** A reason that APNs gives for an error. */
export type ApnsReason = keyof typeof STATUS_OF_REASON;

/** The reason of a status alone; the statuses with several reasons of equal weight have none. */
export const REASON_OF_STATUS: ReadonlyMap<number, ApnsReason> = new Map([
  [404, "BadPath"],
  [405, "MethodNotAllowed"],
  [410, "Unregistered"],
  [413, "PayloadTooLarge"],
  [429, "TooManyRequests"],
  [500, "InternalServerError"],
  [503, "ServiceUnavailable"],
]);

/** The status of an address that is no longer valid; only this one has a timestamp. */
export const GONE = 410;

/** Whether a value is one of Apple's reasons. */
export function isApnsReason(value: unknown): value is ApnsReason {
  return typeof value === "string" && Object.hasOwn(STATUS_OF_REASON, value);
}

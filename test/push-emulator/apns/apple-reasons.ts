/**
 * Apple's table of reasons, and one more that was seen.
 * https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
 */
export const APPLE_REASONS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    400: [
      "BadCollapseId",
      "BadDeviceToken",
      "BadExpirationDate",
      "BadMessageId",
      "BadPriority",
      "BadTopic",
      "DeviceTokenNotForTopic",
      "DuplicateHeaders",
      "IdleTimeout",
      "InvalidPushType",
      "MissingDeviceToken",
      "MissingTopic",
      "PayloadEmpty",
      "TopicDisallowed",
    ],
    403: [
      "BadCertificate",
      "BadCertificateEnvironment",
      "ExpiredProviderToken",
      "Forbidden",
      "InvalidProviderToken",
      "MissingProviderToken",
      "UnrelatedKeyIdInToken",
      "BadEnvironmentKeyIdInToken",
      "BadEnvironmentKeyInToken",
    ],
    404: ["BadPath"],
    405: ["MethodNotAllowed"],
    410: ["ExpiredToken", "Unregistered"],
    413: ["PayloadTooLarge"],
    429: ["TooManyProviderTokenUpdates", "TooManyRequests"],
    500: ["InternalServerError"],
    503: ["ServiceUnavailable", "Shutdown"],
  }).flatMap(([status, reasons]) => reasons.map((reason) => [reason, Number(status)] as const)),
);

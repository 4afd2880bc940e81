// https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns

/**
 * What an answer of APNs means for the push.
 *
 * - `unregistered`: the token is dead.
 * - `rejected`: our request is wrong, the token is kept.
 * - `refused`: our credentials are wrong, the token is kept.
 * - `unavailable`: another try may succeed.
 */
export type Meaning = "unregistered" | "rejected" | "refused" | "unavailable";

/** What may bring another answer at once. */
export type Remedy = "newToken" | "olderToken" | "newConnection" | "otherEnvironment";

/** One of APNs' answers and what to do about it. */
export interface Row {
  readonly means: Meaning;
  /** Tried once; the meaning counts when it did not help. */
  readonly first?: Remedy;
  /** What is wrong, for the operator's log. */
  readonly says?: string;
}

/** Every answer that Apple documents, by status and reason. */
export const answers: Readonly<Record<string, Row>> = {
  "410 Unregistered": { means: "unregistered" },
  "410 ExpiredToken": { means: "unregistered" },
  // A build from Xcode has a token of the sandbox, whatever the app says.
  "400 BadDeviceToken": { means: "unregistered", first: "otherEnvironment" },

  "400 BadCollapseId": { means: "rejected", says: "the collapse id is too long" },
  "400 BadExpirationDate": { means: "rejected", says: "apns-expiration is no time" },
  "400 BadMessageId": { means: "rejected", says: "apns-id is no UUID" },
  "400 BadPriority": { means: "rejected", says: "apns-priority has no known value" },
  "400 BadTopic": { means: "rejected", says: "the topic is invalid" },
  "400 DeviceTokenNotForTopic": { means: "rejected", says: "the token belongs to another app than the topic" },
  "400 DuplicateHeaders": { means: "rejected", says: "a header is there twice" },
  "400 InvalidPushType": { means: "rejected", says: "apns-push-type has no known value" },
  "400 MissingDeviceToken": { means: "rejected", says: "the path has no token" },
  "400 MissingTopic": { means: "rejected", says: "apns-topic is missing" },
  "400 PayloadEmpty": { means: "rejected", says: "the payload is empty" },
  "400 TopicDisallowed": { means: "rejected", says: "the team may not push to this topic" },
  "404 BadPath": { means: "rejected", says: "the path is wrong" },
  "405 MethodNotAllowed": { means: "rejected", says: "the method is not POST" },
  "413 PayloadTooLarge": { means: "rejected", says: "the payload is too large" },

  "403 BadCertificate": { means: "refused", says: "the certificate is invalid" },
  "403 BadCertificateEnvironment": { means: "refused", says: "the certificate is for the other environment" },
  "403 BadEnvironmentKeyIdInToken": { means: "refused", says: "the key is for the other environment" },
  // Also seen under this name.
  "403 BadEnvironmentKeyInToken": { means: "refused", says: "the key is for the other environment" },
  "403 Forbidden": { means: "refused", says: "the team or the key may not push" },
  "403 InvalidProviderToken": { means: "refused", says: "the key, its id or the team id is wrong" },
  "403 MissingProviderToken": { means: "refused", says: "the provider token is missing" },
  "403 ExpiredProviderToken": { means: "refused", first: "newToken", says: "the clock of this machine is wrong" },
  "403 UnrelatedKeyIdInToken": {
    means: "refused",
    first: "newConnection",
    says: "the connection was opened with another key",
  },

  "400 IdleTimeout": { means: "unavailable", first: "newConnection" },
  "503 Shutdown": { means: "unavailable", first: "newConnection" },
  "429 TooManyProviderTokenUpdates": { means: "unavailable", first: "olderToken" },
  // Too many pushes to this device.
  "429 TooManyRequests": { means: "unavailable" },
  "500 InternalServerError": { means: "unavailable" },
  "503 ServiceUnavailable": { means: "unavailable" },
};

// https://firebase.google.com/docs/cloud-messaging/error-codes
import { nameFailure, type Outcome } from "../transport/outcome.ts";

/** An explanation of FCM's answer to a push; `todo` is set unless it is `accepted`. */
export interface Explained {
  readonly seen: string;
  readonly todo?: string;
}

const badKey = "upload a valid APNs key for this app's team and environment: Firebase console, Cloud Messaging";

/** By APNs' reason; https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns */
const apnsFixes: ReadonlyMap<string, string> = new Map([
  [
    "BadDeviceToken",
    "APNs does not know the phone in this environment: compare the build's aps-environment (development or production) with the APNs key in the Firebase console, then start the app again",
  ],
  ["DeviceTokenNotForTopic", "the app's bundle id differs from the one in the Firebase project"],
  ["InvalidProviderToken", badKey],
  ["ExpiredProviderToken", badKey],
  ["BadEnvironmentKeyIdInToken", badKey],
  ["BadEnvironmentKeyInToken", badKey],
  ["TopicDisallowed", badKey],
  ["PayloadTooLarge", "the message is too large for an iPhone"],
]);

const fixes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    SENDER_ID_MISMATCH:
      "the app was built for another Firebase project: compare its google-services.json or GoogleService-Info.plist with this project",
    THIRD_PARTY_AUTH_ERROR: "upload a valid APNs key (or web push certificate): Firebase console, Cloud Messaging",
    NOT_FOUND: "FCM does not know the project: check its id and --project",
    UNAUTHENTICATED:
      "FCM refuses the credentials: gcloud auth application-default login, or another service account key",
    http_401: "FCM refuses the credentials: gcloud auth application-default login, or another service account key",
    PERMISSION_DENIED:
      "enable the Firebase Cloud Messaging API (fcm.googleapis.com) and give the account the role Firebase Cloud Messaging API Admin",
    http_403: "a proxy or VPC Service Controls refuses the request: check both",
    QUOTA_EXCEEDED: "the project's FCM quota is used up: lower FCM_MESSAGES_PER_MINUTE, or ask Google for more",
    oauth_unavailable: "no access token: gcloud auth application-default login, and check the network",
  }),
);

/** Explains the outcome of one push. */
export function explainOutcome(outcome: Outcome): Explained {
  if (outcome.status === "accepted") return { seen: "accepted" };
  if (outcome.status === "unregistered") {
    return {
      seen: `the registration is dead (${nameFailure(outcome)})`,
      todo: "start the app on the phone and log in again, or forget the device: npm run ops -- devices forget <deviceId>",
    };
  }
  const { status, code, apnsReason = "" } = outcome;
  const reason = outcome.status === "rejected" && outcome.message !== "" ? `: ${outcome.message}` : "";
  const network = "check the network and https://status.firebase.google.com";
  const ours = "FCM refuses the message itself: see https://firebase.google.com/docs/cloud-messaging/error-codes";
  const apple =
    "APNs refuses the push: see https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns";
  const other = apnsReason === "" ? ours : apple;
  const todo = apnsFixes.get(apnsReason) ?? fixes.get(code) ?? (status === "unavailable" ? network : other);
  return { seen: `${status} (${nameFailure(outcome)})${reason}`, todo };
}

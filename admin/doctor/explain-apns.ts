// https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
import type { ApnsEnvironment, Failure } from "../../functions/src/transport/outcome.ts";
import type { Level } from "../../functions/src/doctor/finding.ts";

const ids =
  "compare APNS_KEY_ID and APNS_TEAM_ID with the key's page at Apple, and see there that the key is not revoked: key, key id and team must belong together";
const bothEnvironments = "make a key for Sandbox & Production, and set it: docs/iphones.md, The key";
const topics =
  "correct APNS_TOPICS: each app's bundle id and .voip, of the key's team; a topic-specific key has to list each of them, with .voip";

const fixes: ReadonlyMap<string, string> = new Map([
  ["InvalidProviderToken", ids],
  ["MissingProviderToken", "a proxy takes the header authorization away: let requests to Apple through unchanged"],
  ["ExpiredProviderToken", "set this machine's clock by NTP: timedatectl set-ntp true"],
  ["BadEnvironmentKeyIdInToken", bothEnvironments],
  ["BadEnvironmentKeyInToken", bothEnvironments],
  ["BadCertificateEnvironment", bothEnvironments],
  ["BadCertificate", ids],
  ["Forbidden", `${ids}; and the key needs the service Apple Push Notifications service`],
  ["UnrelatedKeyIdInToken", ids],
  ["BadTopic", topics],
  ["DeviceTokenNotForTopic", topics],
  ["MissingTopic", topics],
  ["TopicDisallowed", topics],
  ["TooManyProviderTokenUpdates", "wait 20 minutes, and run the doctor again"],
]);

/** A key for production alone serves every app but those that Xcode has installed. */
const isOfOtherEnvironment = new Set([
  "BadEnvironmentKeyIdInToken",
  "BadEnvironmentKeyInToken",
  "BadCertificateEnvironment",
]);

/** How bad it is that APNs did not accept our key in one of its environments, and what to do. */
export function explainRefusal(
  { status, code }: Pick<Failure, "status" | "code">,
  environment: ApnsEnvironment,
): { readonly level: Level; readonly todo: string } {
  const level = environment === "sandbox" && isOfOtherEnvironment.has(code) ? "warning" : "fault";
  const network =
    "check the network: port 443 of api.push.apple.com and api.sandbox.push.apple.com; https://developer.apple.com/system-status/";
  const list =
    "see https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns";
  const todo = fixes.get(code) ?? (status === "unavailable" ? network : list);
  return { level, todo: level === "warning" ? `${todo}; or accept that builds from Xcode ring by FCM` : todo };
}

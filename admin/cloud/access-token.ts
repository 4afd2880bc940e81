import { systemClock } from "../../functions/src/clock.ts";
import { fetchGoogleAccessToken } from "../../functions/src/fcm/google-access-token.ts";

const scope = "https://www.googleapis.com/auth/cloud-platform";

/**
 * An access token for Google's APIs; rejects without credentials. Call it before the Admin SDK is used: without
 * credentials, the SDK leaves a rejection unhandled and the process dies with a stack trace.
 */
export async function fetchCloudToken(): Promise<string> {
  return (await fetchGoogleAccessToken({}, systemClock.now(), scope)).value;
}

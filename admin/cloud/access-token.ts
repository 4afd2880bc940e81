import { systemClock } from "../../functions/src/clock.ts";
import { fetchGoogleAccessToken } from "../../functions/src/fcm/google-access-token.ts";

const scope = "https://www.googleapis.com/auth/cloud-platform";

/**
 * An access token for Google's APIs; rejects when there are no credentials. Asked for before the Admin SDK is, which lets
 * a rejection of its own go unhandled then, so that the process dies with a stack.
 */
export async function fetchCloudToken(): Promise<string> {
  return (await fetchGoogleAccessToken({}, systemClock.now(), scope)).value;
}

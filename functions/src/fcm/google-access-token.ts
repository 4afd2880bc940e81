import type { GoogleAuthOptions } from "google-auth-library";
import type { AccessToken } from "./access-token.ts";

const fcmScope = "https://www.googleapis.com/auth/firebase.messaging";

/** Assumed lifetime of a token if its issuer does not state it. */
const assumedLifeMs = 5 * 60_000;

/**
 * Fetches a new OAuth access token. Defaults: FCM's scope, Application Default Credentials. Rejects if there are no
 * credentials or no issuer gives a token for them.
 */
export async function fetchGoogleAccessToken(
  options: GoogleAuthOptions,
  now: number,
  scope = fcmScope,
): Promise<AccessToken> {
  // Loaded on first use: it takes as long to load as the rest of this folder, and the emulator does not need it.
  const { GoogleAuth } = await import("google-auth-library");
  // A new instance each time: it caches tokens, and the one that FCM has just refused must not come back.
  const client = await new GoogleAuth({ ...options, scopes: scope }).getClient();
  const { token } = await client.getAccessToken();
  if (token === undefined || token === null || token === "") throw new Error("The token endpoint sent no token");
  return { value: token, expiresAt: client.credentials.expiry_date ?? now + assumedLifeMs };
}

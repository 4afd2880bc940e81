import type { GoogleAuthOptions } from "google-auth-library";
import type { AccessToken } from "./access-token.ts";

const fcmScope = "https://www.googleapis.com/auth/firebase.messaging";

/** How long a token lives when its issuer does not say. */
const assumedLifeMs = 5 * 60_000;

/**
 * Fetches a new OAuth access token, for FCM unless another scope is named, with Application Default Credentials unless `options` name others.
 * Rejects when there are no credentials or no issuer gives a token for them.
 */
export async function fetchGoogleAccessToken(
  options: GoogleAuthOptions,
  now: number,
  scope = fcmScope,
): Promise<AccessToken> {
  // Loaded on first use: it takes as long to load as all the rest of this folder, and the emulator needs none of it.
  const { GoogleAuth } = await import("google-auth-library");
  // A new one each time. It caches tokens itself, and the one that FCM has just refused must not come back.
  const client = await new GoogleAuth({ ...options, scopes: scope }).getClient();
  const { token } = await client.getAccessToken();
  if (token === undefined || token === null || token === "") throw new Error("The token endpoint sent no token");
  return { value: token, expiresAt: client.credentials.expiry_date ?? now + assumedLifeMs };
}

import { HttpsError, type CallableRequest } from "firebase-functions/v2/https";
import type { Config } from "../config.ts";

/** A request's user, and what the ID token says. Throws without a login, and without App Check where that is enforced. */
export function requireLogin(
  { enforceAppCheck }: Pick<Config, "enforceAppCheck">,
  { app, auth }: CallableRequest,
): NonNullable<CallableRequest["auth"]> {
  if (enforceAppCheck && app === undefined) throw new HttpsError("unauthenticated", "App Check is required");
  if (auth === undefined) throw new HttpsError("unauthenticated", "Log in first");
  return auth;
}

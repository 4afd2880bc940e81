import type { Response } from "express";
import { HttpsError, type Request } from "firebase-functions/v2/https";
import type { Config } from "../config.ts";
import { services } from "../services.ts";

/** What the page may send, and for how many seconds a browser may remember that. */
const preflight = {
  "access-control-allow-methods": "POST",
  "access-control-allow-headers": "authorization, content-type, x-firebase-appcheck, firebase-instance-id-token",
  "access-control-max-age": "3600",
};

const loopback = /^http:\/\/(?:127\.0\.0\.1|localhost):\d{1,5}$/;

/** Whether a page of this origin is the operators' console. */
function isConsole(
  origin: string,
  { projectId, consoleOrigins, fcmEmulatorHost }: Pick<Config, "projectId" | "consoleOrigins" | "fcmEmulatorHost">,
): boolean {
  const own = [`https://${projectId}.web.app`, `https://${projectId}.firebaseapp.com`, ...consoleOrigins];
  return own.includes(origin) || (fcmEmulatorHost !== undefined && loopback.test(origin));
}

/**
 * Answers a browser's preflight, and lets only the console's own pages ask: a page of another origin is refused before
 * anything is read. A request without an origin comes from no page. Returns whether it has answered.
 */
export function admitOrigin({ method, headers }: Request, response: Response): boolean {
  response.set("cache-control", "no-store");
  response.vary("origin");
  const { origin } = headers;
  if (origin !== undefined) {
    if (!isConsole(origin, services().config)) throw new HttpsError("permission-denied", "Only for the console");
    response.set("access-control-allow-origin", origin);
  }
  if (method !== "OPTIONS") return false;
  response.set(preflight).status(204).end();
  return true;
}

import { HttpsError } from "firebase-functions/v2/https";
import { AccessDenied, InvalidRequest, Misconfigured, TooManyRequests, TryAgain } from "../errors.ts";
import { isTransient } from "../firestore/status.ts";
import { logWithoutSettings } from "../log.ts";
import { services } from "../services.ts";

/** The only place that turns an exception into a callable's error and logs it. */
export function callableError(error: unknown): HttpsError {
  if (error instanceof HttpsError) return error;
  if (error instanceof InvalidRequest) {
    return new HttpsError("invalid-argument", error.message, { code: error.code, issues: error.issues });
  }
  if (error instanceof AccessDenied) {
    return new HttpsError(error.code === "unauthenticated" ? "unauthenticated" : "permission-denied", error.message);
  }
  if (error instanceof TooManyRequests) return new HttpsError("resource-exhausted", error.message);
  if (error instanceof Misconfigured) {
    // Without settings there are no services to log with.
    logWithoutSettings.error("settings_refused", { error });
    return new HttpsError("unavailable", "The service is misconfigured; its log has the reason");
  }
  if (error instanceof TryAgain) return new HttpsError("unavailable", error.message);
  services().log.error("callable_failed", { error });
  if (isTransient(error)) return new HttpsError("unavailable", "The database is busy; retry the same request");
  return new HttpsError("internal", "Internal error; the service's log has the details");
}

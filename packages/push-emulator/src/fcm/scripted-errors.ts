import { buildFcmErrorDetail, buildRpcError } from "./errors.ts";
import type { Answer } from "../exchange.ts";

/** Whose message rate is exceeded. */
export type Quota = "project" | "device" | "topic";

/** FCM's texts for each quota; https://firebase.google.com/docs/cloud-messaging/error-codes */
const QUOTAS: Readonly<Record<Quota, { readonly message: string; readonly description: string }>> = {
  project: { message: "Quota exceeded.", description: "Message rate" },
  device: { message: "Device quota exceeded.", description: "Device message rate" },
  topic: { message: "Topic quota exceeded.", description: "Topic message rate" },
};

/** The allowed values of `quota`. */
export const QUOTA_NAMES: readonly string[] = Object.keys(QUOTAS);

interface ScriptedError {
  readonly status: number;
  readonly message: string;
  readonly details: readonly Readonly<Record<string, unknown>>[];
}

/** The errors that a fault can name; those that FCM answers without FcmError have no such detail. */
const SCRIPTED_ERRORS: ReadonlyMap<string, ScriptedError> = new Map(
  Object.entries({
    INVALID_ARGUMENT: {
      status: 400,
      message: "Request contains an invalid argument.",
      details: [
        buildFcmErrorDetail("INVALID_ARGUMENT"),
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          // Never message.token: that would tell the client to forget the registration.
          fieldViolations: [{ field: "message", description: "Request contains an invalid argument." }],
        },
      ],
    },
    UNREGISTERED: {
      status: 404,
      message: "Requested entity was not found.",
      details: [buildFcmErrorDetail("UNREGISTERED")],
    },
    NOT_FOUND: { status: 404, message: "Requested entity was not found.", details: [] },
    SENDER_ID_MISMATCH: {
      status: 403,
      message: "SenderId mismatch",
      details: [buildFcmErrorDetail("SENDER_ID_MISMATCH")],
    },
    PERMISSION_DENIED: { status: 403, message: "The caller does not have permission", details: [] },
    THIRD_PARTY_AUTH_ERROR: {
      status: 401,
      message: "Auth error from APNS or Web Push Service",
      details: [
        buildFcmErrorDetail("THIRD_PARTY_AUTH_ERROR"),
        {
          "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
          statusCode: 403,
          reason: "InvalidProviderToken",
        },
      ],
    },
    UNAUTHENTICATED: {
      status: 401,
      message:
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
      details: [],
    },
    QUOTA_EXCEEDED: buildQuotaError("project"),
    // The project's quota, as Google's front end answers it before FCM is reached.
    RATE_LIMIT_EXCEEDED: {
      status: 429,
      message:
        "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute' of service 'fcm.googleapis.com' for consumer 'project_number:0'.",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "RATE_LIMIT_EXCEEDED",
          domain: "googleapis.com",
          metadata: {
            service: "fcm.googleapis.com",
            quota_metric: "fcm.googleapis.com/send_requests",
            quota_limit: "SendsPerMinutePerProject",
            quota_unit: "1/min/{project}",
          },
        },
      ],
    },
    UNAVAILABLE: {
      status: 503,
      message: "The service is currently unavailable.",
      details: [buildFcmErrorDetail("UNAVAILABLE")],
    },
    INTERNAL: { status: 500, message: "Internal error encountered.", details: [buildFcmErrorDetail("INTERNAL")] },
  } satisfies Record<string, ScriptedError>),
);

/** Statuses with only one meaning, which need no name. */
const CODE_OF_STATUS: ReadonlyMap<number, string> = new Map([
  [401, "UNAUTHENTICATED"],
  [429, "QUOTA_EXCEEDED"],
  [500, "INTERNAL"],
  [503, "UNAVAILABLE"],
]);

/** The allowed values of `error_code`. */
export const SCRIPTED_ERROR_CODES: readonly string[] = [...SCRIPTED_ERRORS.keys()];

/** Whether a value is the name of a quota. */
export function isQuota(value: unknown): value is Quota {
  return typeof value === "string" && Object.hasOwn(QUOTAS, value);
}

/** FCM's answer for a named error, with its own HTTP status or the given one. */
export function buildScriptedError(
  errorCode: string | undefined,
  status: number | undefined,
  quota: Quota | undefined,
): Answer {
  if (errorCode === undefined && status === 502) return buildBadGatewayPage();
  const code = errorCode ?? CODE_OF_STATUS.get(status ?? 500) ?? "";
  const error = quota === undefined ? SCRIPTED_ERRORS.get(code) : buildQuotaError(quota);
  if (error === undefined) return buildRpcError(status ?? 500, `Scripted answer ${status}.`);
  return buildRpcError(status ?? error.status, error.message, error.details);
}

function buildQuotaError(quota: Quota): ScriptedError {
  const { message, description } = QUOTAS[quota];
  const failure = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    violations: [{ subject: quota, description }],
  };
  return { status: 429, message, details: [buildFcmErrorDetail("QUOTA_EXCEEDED"), failure] };
}

/** Google's front end answers 502 itself, with an HTML page. */
function buildBadGatewayPage(): Answer {
  return {
    status: 502,
    headers: { "content-type": "text/html; charset=UTF-8" },
    body:
      "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Error 502 (Server Error)!!1</title>\n" +
      "<p><b>502.</b> <ins>That’s an error.</ins>\n<p>The server encountered a temporary error and could not complete " +
      "your request.<p>Please try again in 30 seconds.  <ins>That’s all we know.</ins>\n",
  };
}

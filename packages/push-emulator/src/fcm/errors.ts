/** FCM's own error bodies on the wire. https://firebase.google.com/docs/cloud-messaging/error-codes */
import { buildJsonAnswer } from "../exchange.ts";
import type { Answer } from "../exchange.ts";

/** One fault that FCM finds in a request; the path is written as in the REST reference, in snake_case. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

type Detail = Readonly<Record<string, unknown>>;

const INVALID = "Request contains an invalid argument.";
const NOT_FOUND = "Requested entity was not found.";

/** The google.rpc name of each HTTP status FCM answers with. */
const RPC_STATUS: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** The google.rpc error envelope; without details it has no `details` key, like FCM's. */
export function buildRpcError(
  status: number,
  message: string,
  details: readonly Detail[] = [],
  rpcStatus: string = RPC_STATUS[status] ?? "UNKNOWN",
): Answer {
  const error = { code: status, message, status: rpcStatus };
  return buildJsonAnswer(status, { error: details.length === 0 ? error : { ...error, details } });
}

/** The FcmError detail that names the cause. */
export function buildFcmErrorDetail(errorCode: string): Detail {
  return { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode };
}

function buildBadRequestDetail(violations: readonly FieldViolation[]): Detail {
  return { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations };
}

function describeAll(violations: readonly FieldViolation[]): string {
  return violations.map(({ description }) => description).join("\n");
}

/**
 * 400 of Google's JSON parser, for unknown names and wrong types. It has no FcmError, because the parser does not know
 * FCM.
 */
export function buildUnreadableRequest(violations: readonly FieldViolation[]): Answer {
  return buildRpcError(400, describeAll(violations), [buildBadRequestDetail(violations)]);
}

/** 400 of FCM for a message that violates one of its rules; it names the field. */
export function buildInvalidArgument(violation: FieldViolation): Answer {
  const details = [buildFcmErrorDetail("INVALID_ARGUMENT"), buildBadRequestDetail([violation])];
  return buildRpcError(400, violation.description, details);
}

/** 400 for a registration token that FCM never issued: only its text gives the reason. */
export function buildInvalidToken(): Answer {
  return buildRpcError(400, "The registration token is not a valid FCM registration token", [
    buildFcmErrorDetail("INVALID_ARGUMENT"),
  ]);
}

/** 400 with no details at all: FCM's answer to a payload that is too large or a condition that it cannot parse. */
export function buildBareInvalidArgument(message: string = INVALID): Answer {
  return buildRpcError(400, message);
}

/** 404 for an app that was uninstalled, and for a Firebase Installation ID that no app has. */
export function buildUnregistered(): Answer {
  return buildRpcError(404, NOT_FOUND, [buildFcmErrorDetail("UNREGISTERED")]);
}

/**
 * 404 for a project or a subscription that does not exist; without FcmError, so that no client takes the registration
 * for unregistered.
 */
export function buildNotFound(): Answer {
  return buildRpcError(404, NOT_FOUND);
}

/** 401 for a request without a bearer token. */
export function buildUnauthenticated(): Answer {
  const message =
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other " +
    "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
  const answer = buildRpcError(401, message, [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "CREDENTIALS_MISSING",
      domain: "googleapis.com",
      metadata: { service: "fcm.googleapis.com" },
    },
  ]);
  return {
    ...answer,
    headers: { ...answer.headers, "www-authenticate": 'Bearer realm="https://accounts.google.com/"' },
  };
}

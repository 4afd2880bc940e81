import type { Answer } from "../exchange.ts";
import { COMMON_FIELDS, invalidFault, isHeaderValue, parseCommonFields, refuseEmptyFault } from "../fault-fields.ts";
import type { CommonFault } from "../fault-fields.ts";
import type { JsonObject } from "../json.ts";
import { refuseUnknownFields } from "../request-error.ts";
import { QUOTA_NAMES, SCRIPTED_ERROR_CODES, buildScriptedError, isQuota } from "./scripted-errors.ts";
import type { Quota } from "./scripted-errors.ts";

/** A fault of FCM. */
export interface FcmFault extends CommonFault {
  readonly channel: "fcm";
  readonly error_code?: string | undefined;
  /** Whose quota is exceeded, for QUOTA_EXCEEDED; default: the project's. */
  readonly quota?: Quota | undefined;
  /** Copied into Retry-After unchanged: seconds or an HTTP date. */
  readonly retry_after?: string | undefined;
}

/** Parses a posted fault of FCM; throws 400 with the reason. */
export function parseFcmFault(script: JsonObject): FcmFault {
  refuseUnknownFields(script, [...COMMON_FIELDS, "error_code", "quota", "retry_after"]);
  const fault: FcmFault = {
    channel: "fcm",
    ...parseCommonFields(script),
    error_code: parseErrorCode(script["error_code"]),
    quota: parseQuota(script["quota"]),
    retry_after: parseRetryAfter(script["retry_after"]),
  };
  const { status, error_code, quota } = fault;
  refuseEmptyFault(fault, "error_code", error_code);
  if (status === 200 && error_code !== undefined) throw invalidFault("status 200 has no error_code");
  if (quota !== undefined && error_code !== "QUOTA_EXCEEDED") throw invalidFault("a quota needs QUOTA_EXCEEDED");
  return fault;
}

/** The answer of a fault for a send that is not accepted. */
export function buildFcmFaultAnswer(fault: FcmFault): Answer {
  const scripted = buildScriptedError(fault.error_code, fault.status, fault.quota);
  return {
    status: fault.body === undefined ? scripted.status : (fault.status ?? scripted.status),
    headers: {
      ...scripted.headers,
      ...(fault.content_type === undefined ? {} : { "content-type": fault.content_type }),
      ...(fault.retry_after === undefined ? {} : { "retry-after": fault.retry_after }),
    },
    body: fault.body ?? scripted.body,
  };
}

function parseErrorCode(value: unknown): string | undefined {
  if (value === undefined || (typeof value === "string" && SCRIPTED_ERROR_CODES.includes(value))) return value;
  throw invalidFault(`error_code must be one of ${SCRIPTED_ERROR_CODES.join(", ")}`);
}

function parseQuota(value: unknown): Quota | undefined {
  if (value === undefined || isQuota(value)) return value;
  throw invalidFault(`quota must be one of ${QUOTA_NAMES.join(", ")}`);
}

function parseRetryAfter(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === "number" ? String(value) : value;
  if (isHeaderValue(text)) return text;
  throw invalidFault("retry_after must be seconds or an HTTP date");
}

import { isJsonObject } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { RequestError, refuseUnknownFields } from "./request-error.ts";
import { QUOTA_NAMES, SCRIPTED_ERROR_CODES, buildScriptedError, isQuota } from "./scripted-errors.ts";
import type { Quota } from "./scripted-errors.ts";
import type { Answer } from "./exchange.ts";

/** What the next `times` matching sends get instead of FCM's answer. */
export interface Fault {
  /** `token` is a token or a FID; without it every send matches. */
  readonly match: { readonly token?: string };
  /** 200 without a body = the send succeeds, only late or on a connection that is closing. */
  readonly status?: number | undefined;
  readonly error_code?: string | undefined;
  /** Whose quota is exceeded, for QUOTA_EXCEEDED; default: the project's. */
  readonly quota?: Quota | undefined;
  /** Copied into Retry-After unchanged: seconds or an HTTP date. */
  readonly retry_after?: string | undefined;
  /** Sent unchanged instead of FCM's own body. */
  readonly body?: string | undefined;
  readonly content_type?: string | undefined;
  readonly delay_ms: number;
  /** Resets the TCP connection instead of answering; with status 200 the message was accepted all the same. */
  readonly drop: boolean;
  /** Sends GOAWAY, then answers the requests in flight (HTTP/1.1: Connection: close). */
  readonly goaway: boolean;
  readonly times: number;
}

/** A fault as scripted: every field is optional except those that say what goes wrong. */
export type FaultScript = Partial<Omit<Fault, "retry_after">> & { readonly retry_after?: string | number };

const FIELDS = [
  "match",
  "status",
  "error_code",
  "quota",
  "retry_after",
  "body",
  "content_type",
  "delay_ms",
  "drop",
  "goaway",
  "times",
];
/** The longest delay that setTimeout supports. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** Excludes everything that could end a header line. */
const HEADER_VALUE = /^[\x20-\x7e]{1,256}$/;

/** Parses a posted fault; throws 400 with the reason. */
export function parseFault(value: unknown): Fault {
  if (!isJsonObject(value)) throw invalid("the body must be a JSON object");
  refuseUnknownFields(value, FIELDS);
  const fault: Fault = {
    match: parseMatch(value["match"]),
    status: parseInteger(value, "status", 200, 599),
    error_code: parseErrorCode(value["error_code"]),
    quota: parseQuota(value["quota"]),
    retry_after: parseRetryAfter(value["retry_after"]),
    body: parseBody(value["body"]),
    content_type: parseHeader(value, "content_type"),
    delay_ms: parseInteger(value, "delay_ms", 0, MAX_DELAY_MS) ?? 0,
    drop: parseFlag(value, "drop"),
    goaway: parseFlag(value, "goaway"),
    times: parseInteger(value, "times", 1, Number.MAX_SAFE_INTEGER) ?? 1,
  };
  refuseContradiction(fault);
  return fault;
}

/** Whether the send is accepted as without a fault, whatever happens to its answer. */
export function isTaken({ status, error_code, body, drop, goaway, delay_ms }: Fault): boolean {
  if (error_code !== undefined || body !== undefined) return false;
  return status === 200 || (status === undefined && !drop && (goaway || delay_ms > 0));
}

/** The answer of a fault for a send that is not accepted. */
export function buildFaultAnswer(fault: Fault): Answer {
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

function refuseContradiction(fault: Fault): void {
  const { status, error_code, quota, body, drop, goaway, delay_ms } = fault;
  if (status === undefined && error_code === undefined && !drop && !goaway && delay_ms === 0) {
    throw invalid("a fault needs status, error_code, drop, goaway or delay_ms");
  }
  if (status === 200 && error_code !== undefined) throw invalid("status 200 has no error_code");
  if (quota !== undefined && error_code !== "QUOTA_EXCEEDED") throw invalid("a quota needs QUOTA_EXCEEDED");
  if (body !== undefined && status === undefined && error_code === undefined) throw invalid("a body needs a status");
}

function invalid(message: string): RequestError {
  return new RequestError(400, "invalid_fault", message);
}

function parseMatch(value: unknown): Fault["match"] {
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw invalid("match must be an object");
  refuseUnknownFields(value, ["token"]);
  if (value["token"] === undefined) return {};
  if (typeof value["token"] !== "string" || value["token"] === "") throw invalid("match.token must be a string");
  return { token: value["token"] };
}

function parseInteger(body: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${name} must be a whole number from ${min} to ${max}`);
}

function parseErrorCode(value: unknown): string | undefined {
  if (value === undefined || (typeof value === "string" && SCRIPTED_ERROR_CODES.includes(value))) return value;
  throw invalid(`error_code must be one of ${SCRIPTED_ERROR_CODES.join(", ")}`);
}

function parseQuota(value: unknown): Quota | undefined {
  if (value === undefined || isQuota(value)) return value;
  throw invalid(`quota must be one of ${QUOTA_NAMES.join(", ")}`);
}

function parseRetryAfter(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && HEADER_VALUE.test(text)) return text;
  throw invalid("retry_after must be seconds or an HTTP date");
}

/** An object is serialized as JSON; a string is sent unchanged. */
function parseBody(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (isJsonObject(value)) return JSON.stringify(value);
  throw invalid("body must be a string or an object");
}

function parseHeader(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || (typeof value === "string" && HEADER_VALUE.test(value))) return value;
  throw invalid(`${name} must be a header value`);
}

function parseFlag(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value === "boolean") return value;
  throw invalid(`${name} must be true or false`);
}

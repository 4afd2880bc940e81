import { isJsonObject } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { RequestError, refuseUnknownFields } from "./request-error.ts";

/** The part of a fault that both channels have: what the next `times` matching sends get instead of the answer. */
export interface CommonFault {
  /** `token` is a token, a FID or a VoIP token; without it every send of the channel matches. */
  readonly match: { readonly token?: string };
  /** 200 without a body = the send succeeds, only late or on a connection that is closing. */
  readonly status?: number | undefined;
  /** Sent unchanged instead of the service's own body. */
  readonly body?: string | undefined;
  readonly content_type?: string | undefined;
  readonly delay_ms: number;
  /** Resets the TCP connection instead of answering; with status 200 the message was accepted all the same. */
  readonly drop: boolean;
  /** Sends GOAWAY, then answers the requests in flight (HTTP/1.1: Connection: close). */
  readonly goaway: boolean;
  readonly times: number;
}

/** The names of these fields, and of the channel. */
export const COMMON_FIELDS: readonly string[] = [
  "channel",
  "match",
  "status",
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

/** Parses the common fields; throws 400 with the reason. */
export function parseCommonFields(script: JsonObject): CommonFault {
  return {
    match: parseMatch(script["match"]),
    status: parseInteger(script, "status", 200, 599),
    body: parseBody(script["body"]),
    content_type: parseHeader(script, "content_type"),
    delay_ms: parseInteger(script, "delay_ms", 0, MAX_DELAY_MS) ?? 0,
    drop: parseFlag(script, "drop"),
    goaway: parseFlag(script, "goaway"),
    times: parseInteger(script, "times", 1, Number.MAX_SAFE_INTEGER) ?? 1,
  };
}

/** Throws 400 unless the fault says what goes wrong; `error` is the error that it names, in a field called `name`. */
export function refuseEmptyFault(fault: CommonFault, name: string, error: string | undefined): void {
  const { status, body, drop, goaway, delay_ms } = fault;
  if (status === undefined && error === undefined && !drop && !goaway && delay_ms === 0) {
    throw invalidFault(`a fault needs status, ${name}, drop, goaway or delay_ms`);
  }
  if (body !== undefined && status === undefined && error === undefined) throw invalidFault("a body needs a status");
}

/** Whether the send is accepted as without a fault, whatever happens to its answer. */
export function isTaken({ status, body, drop, goaway, delay_ms }: CommonFault, error: string | undefined): boolean {
  if (body !== undefined) return false;
  return status === 200 || (status === undefined && error === undefined && !drop && (goaway || delay_ms > 0));
}

/** The 400 for an invalid fault. */
export function invalidFault(message: string): RequestError {
  return new RequestError(400, "invalid_fault", message);
}

/** Parses an optional whole number; throws 400 if it is none or out of range. */
export function parseInteger(script: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = script[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidFault(`${name} must be a whole number from ${min} to ${max}`);
}

/** Whether a value can be sent in a header. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === "string" && HEADER_VALUE.test(value);
}

function parseMatch(value: unknown): CommonFault["match"] {
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw invalidFault("match must be an object");
  refuseUnknownFields(value, ["token"]);
  if (value["token"] === undefined) return {};
  if (typeof value["token"] !== "string" || value["token"] === "") throw invalidFault("match.token must be a string");
  return { token: value["token"] };
}

/** An object is serialized as JSON; a string is sent unchanged. */
function parseBody(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (isJsonObject(value)) return JSON.stringify(value);
  throw invalidFault("body must be a string or an object");
}

function parseHeader(script: JsonObject, name: string): string | undefined {
  const value = script[name];
  if (value === undefined || isHeaderValue(value)) return value;
  throw invalidFault(`${name} must be a header value`);
}

function parseFlag(script: JsonObject, name: string): boolean {
  const value = script[name] ?? false;
  if (typeof value === "boolean") return value;
  throw invalidFault(`${name} must be true or false`);
}

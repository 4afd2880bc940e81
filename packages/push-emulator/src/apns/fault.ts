import type { Answer } from "../exchange.ts";
import { COMMON_FIELDS, invalidFault, parseCommonFields, parseInteger, refuseEmptyFault } from "../fault-fields.ts";
import type { CommonFault } from "../fault-fields.ts";
import type { JsonObject } from "../json.ts";
import { refuseUnknownFields } from "../request-error.ts";
import { buildErrorAnswer } from "./answers.ts";
import { GONE, REASON_OF_STATUS, STATUS_OF_REASON, isApnsReason } from "./reasons.ts";
import type { ApnsReason } from "./reasons.ts";

/** A fault of APNs. */
export interface ApnsFault extends CommonFault {
  readonly channel: "apns";
  /** The reason of the error, and with `goaway` the GOAWAY's as well. */
  readonly reason?: ApnsReason | undefined;
  /** With 410: since when the token is not valid, in milliseconds since the Unix epoch; default: now. */
  readonly timestamp?: number | undefined;
}

/** Parses a posted fault of APNs; throws 400 with the reason. */
export function parseApnsFault(script: JsonObject): ApnsFault {
  refuseUnknownFields(script, [...COMMON_FIELDS, "reason", "timestamp"]);
  const fault: ApnsFault = {
    channel: "apns",
    ...parseCommonFields(script),
    reason: parseReason(script["reason"]),
    timestamp: parseInteger(script, "timestamp", 0, Number.MAX_SAFE_INTEGER),
  };
  refuseEmptyFault(fault, "reason", fault.reason);
  refuseContradiction(fault);
  return fault;
}

function refuseContradiction(fault: ApnsFault): void {
  const { status, reason, body, goaway, timestamp } = fault;
  if (status === 200 && reason !== undefined && !goaway) throw invalidFault("status 200 has a reason only with goaway");
  if (status !== undefined && status !== 200 && body === undefined && findReason(fault) === undefined) {
    throw invalidFault(`status ${status} needs a reason or a body`);
  }
  const answered = findReason(fault);
  if (timestamp !== undefined && (answered === undefined || STATUS_OF_REASON[answered] !== GONE)) {
    throw invalidFault("a timestamp needs Unregistered or ExpiredToken");
  }
}

/** The answer of a fault for a push that is not accepted. */
export function buildApnsFaultAnswer(fault: ApnsFault, apnsId: string, now: number): Answer {
  const reason = findReason(fault) ?? "InternalServerError";
  const { status, headers, body } = buildErrorAnswer({ reason, timestamp: fault.timestamp ?? now }, apnsId);
  return {
    status: fault.status ?? status,
    headers: { ...headers, ...(fault.content_type === undefined ? {} : { "content-type": fault.content_type }) },
    body: fault.body ?? body,
  };
}

/** The JSON of a fault's GOAWAY; undefined if it has no reason. */
export function buildGoawayData({ reason }: ApnsFault): string | undefined {
  return reason === undefined ? undefined : JSON.stringify({ reason });
}

function findReason({ reason, status }: ApnsFault): ApnsReason | undefined {
  return reason ?? (status === undefined ? undefined : REASON_OF_STATUS.get(status));
}

function parseReason(value: unknown): ApnsReason | undefined {
  if (value === undefined || isApnsReason(value)) return value;
  throw invalidFault(`reason must be one of ${Object.keys(STATUS_OF_REASON).join(", ")}`);
}

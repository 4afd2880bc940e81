import { isUtf8 } from "node:buffer";

import { findRuleViolation } from "./check-rules.ts";
import { findShapeViolations } from "./check-shape.ts";
import { parseCondition } from "./condition.ts";
import type { Answer } from "../exchange.ts";
import {
  buildBareInvalidArgument,
  buildInvalidArgument,
  buildInvalidToken,
  buildUnreadableRequest,
  buildUnregistered,
} from "./errors.ts";
import { findText, getPart } from "./message.ts";
import { isJsonObject } from "../json.ts";
import type { JsonObject } from "../json.ts";
import { MAX_PAYLOAD_BYTES, MAX_TOPIC_PAYLOAD_BYTES, isPayloadTooLarge } from "./payload-size.ts";
import type { Registration, Registrations } from "../registrations.ts";

/** The body of one send, parsed but not yet validated. */
export interface SendRequest {
  readonly body: unknown;
  /** An empty object when the body has none. */
  readonly message: JsonObject;
  /** The body as posted. */
  readonly text: string;
  readonly bytes: number;
  /** The target install; undefined for a topic, and for an unknown address. */
  readonly registration: Registration | undefined;
}

/** Parses the body of a send; undefined if it is not JSON in UTF-8. */
export function parseSendRequest(registrations: Registrations, bytes: Buffer): SendRequest | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString("utf8");
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const message = isJsonObject(body) ? getPart(body, "message") : {};
  const token = findText(message, "token");
  const registration =
    token === undefined ? registrations.findByFid(findText(message, "fid") ?? "") : registrations.findByToken(token);
  return { body, message, text, bytes: bytes.length, registration };
}

/** Whether the sender only asks for validation. */
export function isDryRun({ body }: SendRequest): boolean {
  return isJsonObject(body) && (body["validate_only"] ?? body["validateOnly"]) === true;
}

/** FCM's error for a message that it refuses; undefined if it accepts it. */
export function refuseMessage(request: SendRequest): Answer | undefined {
  const { body, message } = request;
  const unreadable = findShapeViolations(body);
  if (unreadable.length > 0) return buildUnreadableRequest(unreadable);
  const broken = findRuleViolation(message);
  if (broken !== undefined) return buildInvalidArgument(broken);
  const condition = findText(message, "condition");
  if (condition !== undefined && parseCondition(condition) === undefined) return buildBareInvalidArgument();
  return refuseTarget(request) ?? (isTooLarge(request) ? buildBareInvalidArgument() : undefined);
}

function refuseTarget({ message, registration }: SendRequest): Answer | undefined {
  if (registration?.state === "uninstalled") return buildUnregistered();
  if (registration !== undefined) return undefined;
  if (findText(message, "token") !== undefined) return buildInvalidToken();
  // Phones generate FIDs themselves, so one that FCM has never seen looks like one that is gone.
  return findText(message, "fid") === undefined ? undefined : buildUnregistered();
}

function isTooLarge({ message, registration, bytes }: SendRequest): boolean {
  // If the whole body is within the limit, the payload is too: this holds for nearly every message.
  if (bytes <= (registration === undefined ? MAX_TOPIC_PAYLOAD_BYTES : MAX_PAYLOAD_BYTES)) return false;
  return isPayloadTooLarge(message, registration?.platform ?? "any");
}

import type { CallRequest } from "../wire.ts";
import { RequestError } from "./request-error.ts";

// The limits of the PBX API, so that it does not refuse a call that was placed here.
const maxCallerIdLength = 64;
const maxCallerNameLength = 255;
const maxExtens = 20;
const extenPattern = /^\+?[\d*#]{1,32}$/;
const ringSecondsBounds = { min: 5, max: 120 };

/** Parses a call to place; throws 400 with the reason. */
export function parseCallRequest(body: unknown): CallRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw refuse("The body must be a JSON object, sent as application/json");
  }
  const { callerId = "", callerName = "", extens, ringSeconds }: Record<string, unknown> = { ...body };
  return {
    callerId: parseText(callerId, "callerId", maxCallerIdLength),
    callerName: parseText(callerName, "callerName", maxCallerNameLength),
    extens: parseExtens(extens),
    ...(ringSeconds !== undefined && { ringSeconds: parseRingSeconds(ringSeconds) }),
  };
}

function parseText(value: unknown, name: string, maxLength: number): string {
  if (typeof value !== "string" || value.length > maxLength || /\p{Cc}/u.test(value)) {
    throw refuse(`${name} must be text of at most ${maxLength} characters, without control characters`);
  }
  return value;
}

function parseExtens(value: unknown): string[] {
  const extens = Array.isArray(value) ? value.map(String) : [];
  const isFine = extens.length > 0 && extens.length <= maxExtens && extens.every((exten) => extenPattern.test(exten));
  if (isFine) return [...new Set(extens)];
  throw refuse(`extens must be 1 to ${maxExtens} numbers, each of 1 to 32 digits, * or #`);
}

function parseRingSeconds(value: unknown): number {
  const { min, max } = ringSecondsBounds;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw refuse(`ringSeconds must be a whole number from ${min} to ${max}`);
}

function refuse(message: string): RequestError {
  return new RequestError(400, "invalid_request", message);
}

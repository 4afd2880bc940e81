import type { HttpAnswer } from "./http-answer.ts";

/** The longest wait, in milliseconds: a bulk send gives up after an hour. */
const maxRetryAfterMs = 60 * 60_000;

const seconds = /^\d{1,9}$/;
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .*GMT$/;

/**
 * The wait of a `Retry-After` header (RFC 9110 §10.2.3), in milliseconds and at most an hour. The header has seconds or
 * an HTTP date; undefined for anything else.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const value = header?.trim() ?? "";
  if (seconds.test(value)) return Math.min(Number(value) * 1000, maxRetryAfterMs);
  if (!httpDate.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - now), maxRetryAfterMs);
}

/** The wait that an answer asks for, as a field of an outcome, or no field. */
export function readRetryAfter({ headers }: HttpAnswer, now: number): { readonly retryAfterMs?: number } {
  const header = headers["retry-after"];
  const retryAfterMs = parseRetryAfter(typeof header === "string" ? header : undefined, now);
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

import type { Request, Response } from "express";
import { z } from "zod";
import { AccessDenied, InvalidRequest, Misconfigured, TooManyRequests, TryAgain, type Issue } from "../errors.ts";
import { isTransient } from "../firestore/status.ts";
import { answerSchemas, type Answer, type Reply } from "./route.ts";

/** The body of every answer that is not a 2xx. */
export const errorBody = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    }),
  })
  .register(answerSchemas, { id: "Error" });

/** Describes an answer that carries an error. */
export function failure(description: string): Answer {
  return { description, schema: errorBody };
}

/** An error as JSON, and as `ERROR <code>` for a dialplan. */
export function errorReply(status: number, code: string, message: string, issues: readonly Issue[] = []): Reply {
  const error = { code, message, ...(issues.length > 0 && { issues }) };
  return { status, body: { error }, text: `ERROR ${code}` };
}

/** A 503: the same request may succeed when it is retried. */
export function tryAgainReply(message: string): Reply {
  return { ...errorReply(503, "try_again", message), retryAfterSeconds: 1 };
}

/** No phone could be woken: `NAK <reason>` for a dialplan. */
export function nakReply(status: number, reason: string, message: string): Reply {
  return { ...errorReply(status, reason, message), text: `NAK ${reason}` };
}

const invalidStatus: Readonly<Record<string, number>> = {
  not_found: 404,
  method_not_allowed: 405,
  body_timeout: 408,
  body_too_large: 413,
  unsupported_media_type: 415,
};

/** Turns an exception of a route into its answer; an internal error reveals no details. */
export function replyToError(error: unknown): Reply {
  if (error instanceof InvalidRequest) {
    return errorReply(invalidStatus[error.code] ?? 400, error.code, error.message, error.issues);
  }
  if (error instanceof AccessDenied) {
    return errorReply(error.code === "forbidden" ? 403 : 401, error.code, error.message);
  }
  if (error instanceof Misconfigured) {
    return errorReply(503, "misconfigured", "The service is misconfigured; its log has the reason");
  }
  if (error instanceof TooManyRequests) {
    const { message, retryAfterSeconds } = error;
    return { ...errorReply(429, "too_many_requests", message), retryAfterSeconds };
  }
  if (error instanceof TryAgain) return tryAgainReply(error.message);
  if (isTransient(error)) return tryAgainReply("The database is busy; retry the same request");
  return errorReply(500, "internal", "Internal error; the service's log has the details");
}

/** Sends an answer in the requested format. */
export function sendReply(request: Request, response: Response, reply: Reply): void {
  const { status, body, text, retryAfterSeconds } = reply;
  response.status(status);
  if (retryAfterSeconds !== undefined) response.set("Retry-After", String(retryAfterSeconds));
  if (request.query["format"] === "text") response.type("text/plain").send(`${text}\n`);
  else response.type("json").send(`${JSON.stringify(body)}\n`);
}

import { z } from "zod";
import { AccessDenied, InvalidRequest, Misconfigured, TryAgain, type Issue } from "../errors.ts";
import type { Answer, Reply } from "./route.ts";

/** The body of everything that is not a 2xx. */
const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});

/** Describes an answer that carries an error, and what stands beside it. */
export function failure(description: string, beside: z.ZodRawShape = {}): Answer {
  return { description, schema: errorBody.extend(beside) };
}

/** An error as JSON, and as `ERROR <code>` for a dialplan. */
export function errorReply(status: number, code: string, message: string, issues: readonly Issue[] = []): Reply {
  const error = { code, message, ...(issues.length > 0 && { issues }) };
  return { status, body: { error }, text: `ERROR ${code}` };
}

/** Nobody could be woken: `NAK <reason>` for a dialplan. */
export function nakReply(status: number, reason: string, message: string): Reply {
  return { ...errorReply(status, reason, message), text: `NAK ${reason}` };
}

const invalidStatus: Readonly<Record<string, number>> = {
  not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
};

/** Turns whatever a route threw into its answer; a fault of ours tells the caller nothing but that. */
export function replyToError(error: unknown): Reply {
  if (error instanceof InvalidRequest) {
    return errorReply(invalidStatus[error.code] ?? 400, error.code, error.message, error.issues);
  }
  if (error instanceof AccessDenied) {
    return errorReply(error.code === "forbidden" ? 403 : 401, error.code, error.message);
  }
  if (error instanceof Misconfigured) {
    return errorReply(503, "misconfigured", "The service is not set up right; its log says what is wrong");
  }
  if (error instanceof TryAgain) return errorReply(503, "try_again", error.message);
  return errorReply(500, "internal", "Something went wrong here; it has been logged");
}

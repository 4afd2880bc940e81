import type { ErrorRequestHandler, RequestHandler } from "express";
import { RequestError } from "./request-error.ts";

/** Answers 404 for unknown paths. */
export const refuseUnknown: RequestHandler = () => {
  throw new RequestError(404, "not_found", "There is nothing here");
};

/** Answers a thrown value as `{error: {code, message}}`. */
export const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const { status, code, message } = describeError(error);
  response.status(status).json({ error: { code, message } });
};

/** Our own errors describe the fault of the request, express's parsers only give a status; any other error is a server fault. */
function describeError(error: unknown): Pick<RequestError, "status" | "code" | "message"> {
  if (error instanceof RequestError) return error;
  const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
  if (status < 500) return { status, code: "invalid_request", message: "The request could not be read" };
  console.error(error);
  return { status: 500, code: "internal", message: "The phone's server failed; its terminal says why" };
}

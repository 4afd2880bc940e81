import type { Response } from "express";
import {
  onCall,
  type CallableFunction,
  type CallableOptions,
  type CallableRequest,
  type Request,
} from "firebase-functions/v2/https";
import { InvalidRequest } from "../errors.ts";
import { services, type Services } from "../services.ts";
import { takeCallableBody } from "./body.ts";
import { callableError } from "./callable-error.ts";

/** How a callable is deployed, and what it answers by a request's head alone. */
export interface CallableSettings extends CallableOptions {
  /** Returns whether it has answered; throws to refuse. */
  readonly answerHead?: (request: Request, response: Response) => boolean;
}

/** Builds a callable: reads its bodies itself, runs it, and turns errors into the callables' codes. */
export function buildCallable<Answer>(
  { answerHead = () => false, ...options }: CallableSettings,
  run: (services: Services, request: CallableRequest) => Promise<Answer>,
): CallableFunction<unknown, Promise<Answer>> {
  const callable = onCall<unknown, Promise<Answer>>(options, async (request) => {
    try {
      return await run(services(), request);
    } catch (error) {
      throw callableError(error);
    }
  });
  const take = async (request: Request, response: Response): Promise<boolean> => {
    try {
      if (answerHead(request, response)) return false;
      // Of a browser's preflight firebase-functions wants no body.
      if (request.method !== "OPTIONS") await takeBody(request);
      return true;
    } catch (error) {
      refuseRequest(error, response);
      return false;
    }
  };
  return new Proxy(callable, {
    apply: (target, _this, [request, response]) => takeRequest(take, target, request, response),
  });
}

/** Runs a callable on a request that `take` has not answered. */
async function takeRequest(
  take: (request: Request, response: Response) => Promise<boolean>,
  callable: (request: Request, response: Response) => unknown,
  request: Request,
  response: Response,
): Promise<unknown> {
  return (await take(request, response)) ? callable(request, response) : undefined;
}

/** Reads the body before firebase-functions does, which would log an error, or the body with its registration. */
async function takeBody(request: Request): Promise<void> {
  const body = await takeCallableBody(request);
  request.headers["content-type"] = "application/json";
  Object.assign(request, { body });
}

/** Answers a request that is no valid one, or whose body was too slow, in the callables' protocol. */
function refuseRequest(error: unknown, response: Response): void {
  if (error instanceof InvalidRequest) {
    const isSlow = error.code === "body_timeout";
    const status = isSlow ? "DEADLINE_EXCEEDED" : "INVALID_ARGUMENT";
    response.status(isSlow ? 408 : 400).json({ error: { status, message: error.message } });
    return;
  }
  const refused = callableError(error);
  response.status(refused.httpErrorCode.status).json({ error: refused.toJSON() });
}

import {
  HttpsError,
  onCall,
  type CallableFunction,
  type CallableOptions,
  type Request,
} from "firebase-functions/v2/https";
import type { Response } from "express";
import type { z } from "zod";
import { isFunctionTarget, params } from "../config.ts";
import { AccessDenied, InvalidRequest, Misconfigured, TryAgain } from "../errors.ts";
import { isTransient } from "../firestore/status.ts";
import { logWithoutSettings } from "../log.ts";
import { parseInput } from "../parse-input.ts";
import { openFrontDoor } from "../front-door/front-door.ts";
import { services, type Services } from "../services.ts";
import { isUserId } from "../users/user-id.ts";
import { takeCallableBody } from "./callable-body.ts";

/** All deployed callables; each reads its bodies itself. */
export const callableNames = [
  "eraseMyData",
  "getServerSettings",
  "muteCampaigns",
  "registerDevice",
  "reportCall",
  "unregisterDevice",
];
if (callableNames.some((name) => isFunctionTarget(name))) openFrontDoor();

const options: CallableOptions = {
  region: params.region,
  memory: "512MiB",
  cpu: 1,
  concurrency: 80,
  maxInstances: params.callMaxInstances,
  timeoutSeconds: 30,
  // Firebase Auth protects the callables; Cloud Run's own check would refuse the apps.
  invoker: "public",
};

/** A phone's parsed input, and its user. */
interface PhoneRequest<Input> {
  readonly uid: string;
  readonly input: Input;
}

/**
 * Builds a callable for logged-in phones: checks user and input, runs it, and turns errors into the callable's codes.
 */
export function phoneCallable<Schema extends z.ZodType, Answer>(
  schema: Schema,
  run: (services: Services, request: PhoneRequest<z.output<Schema>>) => Promise<Answer>,
  more: Pick<CallableOptions, "minInstances"> = {},
): CallableFunction<unknown, Promise<Answer>> {
  const callable = onCall<unknown, Promise<Answer>>({ ...options, ...more }, async (request) => {
    try {
      const { config } = services();
      if (config.enforceAppCheck && request.app === undefined) {
        throw new HttpsError("unauthenticated", "App Check is required");
      }
      if (request.auth === undefined) throw new HttpsError("unauthenticated", "Log in first");
      const { uid } = request.auth;
      if (!isUserId(uid))
        throw new HttpsError(
          "failed-precondition",
          "The user's id cannot be used: it has a slash, or is ., .. or __…__",
        );
      const input = parseInput(schema, request.data ?? {});
      return await run(services(), { uid, input });
    } catch (error) {
      throw callableError(error);
    }
  });
  return new Proxy(callable, {
    apply: (target, _this, [request, response]) => takeRequest(target, request, response),
  });
}

/** Answers an invalid request before firebase-functions sees it, which would log an error, or the body with its registration. */
async function takeRequest(
  callable: (request: Request, response: Response) => unknown,
  request: Request,
  response: Response,
): Promise<unknown> {
  // A browser's preflight.
  if (request.method === "OPTIONS") return callable(request, response);
  try {
    const body = await takeCallableBody(request);
    request.headers["content-type"] = "application/json";
    Object.assign(request, { body });
  } catch (error) {
    return refuseRequest(error, response);
  }
  return callable(request, response);
}

/** Answers a request that is no valid one, or whose body was too slow, in the callables' protocol. */
function refuseRequest(error: unknown, response: Response): unknown {
  if (!(error instanceof InvalidRequest)) throw error;
  const isSlow = error.code === "body_timeout";
  const status = isSlow ? "DEADLINE_EXCEEDED" : "INVALID_ARGUMENT";
  return response.status(isSlow ? 408 : 400).json({ error: { status, message: error.message } });
}

/** The only place that turns an exception into a callable's error and logs it. */
function callableError(error: unknown): HttpsError {
  if (error instanceof HttpsError) return error;
  if (error instanceof InvalidRequest) {
    return new HttpsError("invalid-argument", error.message, { code: error.code, issues: error.issues });
  }
  if (error instanceof AccessDenied) return new HttpsError("permission-denied", error.message);
  if (error instanceof Misconfigured) {
    // Without settings there are no services to log with.
    logWithoutSettings.error("settings_refused", { error });
    return new HttpsError("unavailable", "The service is misconfigured; its log has the reason");
  }
  if (error instanceof TryAgain) return new HttpsError("unavailable", error.message);
  services().log.error("callable_failed", { error });
  if (isTransient(error)) return new HttpsError("unavailable", "The database is busy; retry the same request");
  return new HttpsError("internal", "Internal error; the service's log has the details");
}

import { HttpsError, onCall, type CallableFunction, type CallableOptions } from "firebase-functions/v2/https";
import type { z } from "zod";
import { region } from "../config.ts";
import { InvalidRequest, Misconfigured } from "../errors.ts";
import { parseInput } from "../parse-input.ts";
import { services, type Services } from "../services.ts";

const options: CallableOptions = {
  region,
  memory: "512MiB",
  cpu: 1,
  concurrency: 80,
  maxInstances: 20,
  timeoutSeconds: 30,
  // Firebase Auth is the lock; Cloud Run's own would keep the apps out.
  invoker: "public",
};

/** What a phone sent, parsed, and whose phone it is. */
interface PhoneRequest<Input> {
  readonly uid: string;
  readonly input: Input;
}

/** Builds a callable for logged-in phones: checks who calls and what with, runs it, and answers errors in the callable's codes. */
export function phoneCallable<Schema extends z.ZodType, Answer>(
  schema: Schema,
  run: (services: Services, request: PhoneRequest<z.output<Schema>>) => Promise<Answer>,
): CallableFunction<unknown, Promise<Answer>> {
  return onCall<unknown, Promise<Answer>>(options, async (request) => {
    try {
      const { config } = services();
      if (config.enforceAppCheck && request.app === undefined) {
        throw new HttpsError("unauthenticated", "App Check is required");
      }
      if (request.auth === undefined) throw new HttpsError("unauthenticated", "Log in first");
      const input = parseInput(schema, request.data ?? {});
      return await run(services(), { uid: request.auth.uid, input });
    } catch (error) {
      throw callableError(error);
    }
  });
}

/** The one place where an exception becomes a callable's error, and where it is logged. */
function callableError(error: unknown): HttpsError {
  if (error instanceof HttpsError) return error;
  if (error instanceof InvalidRequest) {
    return new HttpsError("invalid-argument", error.message, { code: error.code, issues: error.issues });
  }
  services().log.error("callable_failed", { error });
  if (error instanceof Misconfigured) return new HttpsError("unavailable", "The service is not set up right");
  return new HttpsError("internal", "Something went wrong here; it has been logged");
}

import { HttpsError, type CallableFunction, type CallableOptions } from "firebase-functions/v2/https";
import type { z } from "zod";
import { buildCallable } from "../callable/build-callable.ts";
import { requireLogin } from "../callable/login.ts";
import { isFunctionTarget, params } from "../config.ts";
import { openFrontDoor } from "../front-door/front-door.ts";
import { parseInput } from "../parse-input.ts";
import type { Services } from "../services.ts";
import { isUserId } from "../users/user-id.ts";

/** All callables of phones; each reads its bodies itself. */
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

/** Builds a callable for logged-in phones: checks user and input, and runs it. */
export function phoneCallable<Schema extends z.ZodType, Answer>(
  schema: Schema,
  run: (services: Services, request: PhoneRequest<z.output<Schema>>) => Promise<Answer>,
  more: Pick<CallableOptions, "minInstances"> = {},
): CallableFunction<unknown, Promise<Answer>> {
  return buildCallable({ ...options, ...more }, async (services, request) => {
    const { uid } = requireLogin(services.config, request);
    if (!isUserId(uid)) {
      const message = "The user's id cannot be used: it has a slash, or is ., .. or __…__";
      throw new HttpsError("failed-precondition", message);
    }
    return run(services, { uid, input: parseInput(schema, request.data ?? {}) });
  });
}

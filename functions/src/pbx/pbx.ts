import { onRequest } from "firebase-functions/v2/https";
import { isFunctionTarget, params } from "../config.ts";
import { logWithoutSettings } from "../log.ts";
import { once, services } from "../services.ts";
import { buildHttpApi, concurrency } from "./http-api.ts";
import { openFrontDoor } from "../front-door/front-door.ts";
import { replyToError } from "./reply.ts";

if (isFunctionTarget("pbx")) openFrontDoor();

const app = once(() => {
  // Fetches the access token while the first call of an instance reads from Firestore.
  void services().fcm.prepare();
  return buildHttpApi(services());
});

/** The PBX's HTTPS API. Its instances serve nothing else, so bulk work cannot delay a call. */
export const pbx = onRequest(
  {
    region: params.region,
    memory: "512MiB",
    cpu: 1,
    concurrency,
    minInstances: params.callMinInstances,
    maxInstances: params.callMaxInstances,
    timeoutSeconds: 60,
    secrets: [params.apnsKey],
    // PBXs are not Google identities; the PBX key protects the API.
    invoker: "public",
  },
  (request, response) => {
    try {
      app()(request, response);
    } catch (error) {
      // Only invalid settings can fail here, and without settings there is no other log.
      logWithoutSettings.error("settings_refused", { error });
      const { status, body } = replyToError(error);
      response.status(status).json(body);
    }
  },
);

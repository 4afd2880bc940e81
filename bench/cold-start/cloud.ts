import { startBackends } from "../../harness/backends.ts";
import { addCallee } from "../callee.ts";
import { startGoogle, type Google } from "../google/google.ts";
import { startFirstPushFcm } from "./first-push-fcm.ts";

/** The services of an instance in the cloud: Firestore with one phone, a metadata server with tokens, FCM over TLS. */
export interface Cloud extends Google {
  /** Resolves with the time when FCM accepts the next push, by `performance.now()`. */
  readonly nextPush: () => Promise<number>;
}

const projectId = "bench-cold-start";

/** Starts the services in this process; an access token takes `tokenMs`. */
export async function startCloud(tokenMs: number): Promise<Cloud> {
  const [backends, fcm] = await Promise.all([startBackends(projectId), startFirstPushFcm()]);
  await addCallee(backends.db, backends.fcm.createRegistration().token);
  const google = await startGoogle({ projectId, tokenMs, firestoreHost: backends.firestore.host, fcm });
  return {
    environment: (whose) => google.environment(whose),
    nextPush: fcm.nextPush,
    close: async () => {
      fcm.close();
      await google.close();
      await backends.close();
    },
  };
}

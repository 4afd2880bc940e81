import {
  startPushEmulator,
  type PushEmulator,
  type PushEmulatorOptions,
} from "../packages/push-emulator/src/emulator.ts";
import { deployedIndexes } from "../local/firestore/index-config.ts";
import { startFirestoreServer, type FirestoreServer } from "../local/firestore/server.ts";
import { startPubsubServer, type PubsubServer } from "../local/pubsub/server.ts";

/** The servers that functions find around them in the cloud, in this process and on free ports. */
export interface Emulators {
  readonly projectId: string;
  readonly firestore: FirestoreServer;
  readonly pubsub: PubsubServer;
  readonly fcm: PushEmulator;
  /** The variables by which a function finds all this. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const topics = ["campaign-shards", "pushes"];

/** Starts an empty Firestore, a Pub/Sub with the functions' topics and an FCM; this process's environment stays as it is. */
export async function startEmulators(
  projectId = `demo-test-${process.pid}`,
  fcmOptions: Pick<PushEmulatorOptions, "tls"> = {},
): Promise<Emulators> {
  const [firestore, pubsub, fcm] = await Promise.all([
    startFirestoreServer({ indexes: deployedIndexes }),
    startPubsubServer({ topics: topics.map((name) => `projects/${projectId}/topics/${name}`) }),
    startPushEmulator({ ...fcmOptions, port: 0, projectId }),
  ]);
  return {
    projectId,
    firestore,
    pubsub,
    fcm,
    environment: {
      GCLOUD_PROJECT: projectId,
      METADATA_SERVER_DETECTION: "none",
      FIRESTORE_EMULATOR_HOST: firestore.host,
      PUBSUB_EMULATOR_HOST: pubsub.host,
      FCM_EMULATOR_HOST: fcm.address,
      APNS_EMULATOR_HOST: fcm.apns.production.address,
    },
    close: async () => {
      await Promise.all([fcm.close(), firestore.close(), pubsub.close()]);
    },
  };
}

import { Firestore } from "@google-cloud/firestore";
import {
  startPushEmulator,
  type PushEmulator,
  type PushEmulatorOptions,
} from "../packages/push-emulator/src/emulator.ts";
import { deployedIndexes } from "../local/firestore/index-config.ts";
import { startFirestoreServer, type FirestoreServer } from "../local/firestore/server.ts";
import { startPubsubServer, type PubsubServer } from "../local/pubsub/server.ts";

/** The services that functions use in the cloud, in this process and on free ports. */
export interface Backends {
  readonly projectId: string;
  readonly firestore: FirestoreServer;
  readonly pubsub: PubsubServer;
  readonly fcm: PushEmulator;
  /** A client of the database, separate from the functions' clients. */
  readonly db: Firestore;
  /** Environment variables with which a function uses these services. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const topics = ["campaign-shards", "pushes"];

/** Starts an empty Firestore, a Pub/Sub with the functions' topics and an FCM; this process's environment stays as it is. */
export async function startBackends(
  projectId = `demo-test-${process.pid}`,
  fcmOptions: Pick<PushEmulatorOptions, "tls"> = {},
): Promise<Backends> {
  const [firestore, pubsub, fcm] = await Promise.all([
    startFirestoreServer({ indexes: deployedIndexes }),
    startPubsubServer({ topics: topics.map((name) => `projects/${projectId}/topics/${name}`) }),
    startPushEmulator({ ...fcmOptions, port: 0, projectId }),
  ]);
  const db = openDatabase(projectId, firestore.host);
  return {
    projectId,
    firestore,
    pubsub,
    fcm,
    db,
    environment: {
      GCLOUD_PROJECT: projectId,
      METADATA_SERVER_DETECTION: "none",
      FIRESTORE_EMULATOR_HOST: firestore.host,
      PUBSUB_EMULATOR_HOST: pubsub.host,
      FCM_EMULATOR_HOST: fcm.address,
    },
    close: async () => {
      await db.terminate();
      await Promise.all([fcm.close(), firestore.close(), pubsub.close()]);
    },
  };
}

/** A client of a Firestore server. Throws if FIRESTORE_EMULATOR_HOST is set, because the SDK would use that server. */
export function openDatabase(projectId: string, host: string): Firestore {
  const named = process.env["FIRESTORE_EMULATOR_HOST"];
  if (named !== undefined) throw new Error(`FIRESTORE_EMULATOR_HOST=${named} would be used in place of ${host}`);
  return new Firestore({ projectId, host, ssl: false, auth });
}

// Without this, the SDK looks for a metadata server first, which takes seconds without a network.
const auth = { getUniverseDomain: async () => "googleapis.com" };

import { startFunction, type FunctionProcess } from "../../harness/function-process.ts";
import { openLine, type Line } from "./line.ts";
import { startMetadataServer, type MetadataServer } from "./metadata-server.ts";
import type { World } from "./world.ts";

/** How an instance of a function differs from the others. */
export interface SiteOptions {
  /** `pbx` by default. */
  readonly name?: "pbx" | "pushWorker" | "duePushes" | "reportCall" | "saveLocation" | "campaignWorker";
  /** How far its clock is off, in milliseconds. */
  readonly clockOffMs?: number;
  /** A name to find FCM by that no resolver knows. */
  readonly fcmHost?: string;
  /** Whether it is issued access tokens; it is by default. */
  readonly hasTokens?: boolean;
}

/** One instance of a function, and the lines that lead from it to all it needs, each its own. */
export interface Site {
  readonly instance: FunctionProcess;
  readonly firestore: Line;
  readonly fcm: Line;
  readonly pubsub: Line;
  readonly metadata: MetadataServer;
  /** Ends whatever is still there. */
  close(): Promise<void>;
}

const events = new Set(["pushWorker", "campaignWorker"]);

/** Starts an instance, as it is deployed, on lines of its own. */
export async function startSite(world: World, options: SiteOptions = {}): Promise<Site> {
  const { surroundings, environment } = world;
  const { name = "pbx", clockOffMs = 0, fcmHost, hasTokens = true } = options;
  const [firestore, fcm, pubsub, metadata] = await Promise.all([
    openLine(surroundings.firestore.port),
    openLine(Number(environment["FCM_AT"])),
    openLine(surroundings.pubsub.port),
    startMetadataServer(),
  ]);
  metadata.fail(!hasTokens);
  const instance = await startFunction(name, {
    signatureType: events.has(name) ? "cloudevent" : "http",
    environment: {
      ...environment,
      FIRESTORE_EMULATOR_HOST: firestore.host,
      FCM_AT: String(fcm.port),
      PUBSUB_EMULATOR_HOST: pubsub.host,
      GCE_METADATA_HOST: metadata.host,
      METADATA_SERVER_DETECTION: "assume-present",
      CLOCK_OFF_MS: String(clockOffMs),
      ...(fcmHost !== undefined && { FCM_EMULATOR_HOST: fcmHost }),
    },
  });
  return {
    instance,
    firestore,
    fcm,
    pubsub,
    metadata,
    close: async () => {
      await instance.kill();
      metadata.close();
      await Promise.all([firestore.close(), fcm.close(), pubsub.close()]);
    },
  };
}

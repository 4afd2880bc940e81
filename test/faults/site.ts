import { startFunction, type FunctionProcess } from "../../harness/function-process.ts";
import { openProxy, type FaultyProxy } from "./faulty-proxy.ts";
import { startMetadataServer, type MetadataServer } from "./metadata-server.ts";
import type { SharedServices } from "./shared-services.ts";

/** Options of an instance of a function. */
export interface SiteOptions {
  /** `pbx` by default. */
  readonly name?: "pbx" | "pushWorker" | "duePushes" | "reportCall" | "saveLocation" | "campaignWorker";
  /** Offset of its clock, in milliseconds. */
  readonly clockOffMs?: number;
  /** `host:port` to use for FCM, for a name that does not resolve. */
  readonly fcmHost?: string;
  /** Whether the metadata server issues access tokens; it does by default. */
  readonly hasTokens?: boolean;
}

/** One instance of a function with its own proxy to each server. */
export interface Site {
  readonly instance: FunctionProcess;
  readonly firestore: FaultyProxy;
  readonly fcm: FaultyProxy;
  readonly apns: FaultyProxy;
  readonly pubsub: FaultyProxy;
  readonly metadata: MetadataServer;
  /** Stops the instance and the proxies. */
  close(): Promise<void>;
}

const events = new Set(["pushWorker", "campaignWorker"]);

/** Starts an instance of a function, as deployed, behind its own proxies. */
export async function startSite(shared: SharedServices, options: SiteOptions = {}): Promise<Site> {
  const { surroundings, environment } = shared;
  const { name = "pbx", clockOffMs = 0, fcmHost, hasTokens = true } = options;
  const [firestore, fcm, apns, pubsub, metadata] = await Promise.all([
    openProxy(surroundings.firestore.port),
    openProxy(Number(environment["FCM_AT"])),
    openProxy(Number(environment["APNS_AT"])),
    openProxy(surroundings.pubsub.port),
    startMetadataServer(),
  ]);
  metadata.fail(!hasTokens);
  const instance = await startFunction(name, {
    signatureType: events.has(name) ? "cloudevent" : "http",
    environment: {
      ...environment,
      FIRESTORE_EMULATOR_HOST: firestore.host,
      FCM_AT: String(fcm.port),
      APNS_AT: String(apns.port),
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
    apns,
    pubsub,
    metadata,
    close: async () => {
      await instance.kill();
      metadata.close();
      await Promise.all([firestore.close(), fcm.close(), apns.close(), pubsub.close()]);
    },
  };
}

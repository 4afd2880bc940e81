import { buildFunctions } from "../../local/build-functions.ts";
import { deliverMessages, type Deliveries } from "../../harness/eventarc.ts";
import { startFunction } from "../../harness/function-process.ts";
import { startInstances, type Instances } from "../../harness/instances.ts";
import { seedAudience, type SeededDevice } from "../../harness/seed-audience.ts";
import { startBackends, type Backends } from "../../harness/backends.ts";
import { shardsPerWorker } from "../../functions/src/campaigns/send-shard.ts";
import { readConfig } from "../../functions/src/config.ts";
import { readSize } from "./size.ts";

/** The cloud's default number of instances. */
const { campaignWorkers } = readConfig({ GCLOUD_PROJECT: "demo" });

/** What all sweep tests run on: an audience, and the services around the functions. */
export interface Setup {
  readonly surroundings: Backends;
  readonly deliveries: Deliveries;
  readonly devices: readonly SeededDevice[];
  readonly shards: number;
  close(): Promise<void>;
}

/** The functions that sweep, in processes of their own. */
export interface Sweepers {
  readonly workers: Instances;
  /** Triggers `saveLocation` as Cloud Scheduler does; returns the HTTP status. */
  readonly trigger: (at: Date) => Promise<number>;
  /** Stops them, and returns the errors they have logged. */
  stop(): Promise<readonly string[]>;
}

/** At least four rounds for the workers: a Firestore document takes up to 1 MiB, which is 4,000 devices. */
function chooseShards(devices: number): number {
  return Math.max(4 * campaignWorkers * shardsPerWorker, Math.ceil(devices / 4_000));
}

/** Builds the functions and sets up everything else. */
export async function setUp(): Promise<Setup> {
  const size = readSize();
  const shards = chooseShards(size);
  await buildFunctions();
  // Without it the Pub/Sub client of this process looks for a metadata server, too.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  const surroundings = await startBackends();
  const { db, fcm, projectId, pubsub } = surroundings;
  const tokens = Array.from({ length: size }, () => fcm.createRegistration().token);
  const devices = await seedAudience({ db, shards }, tokens);
  const delivery = { projectId, pubsubHost: pubsub.host, pubsubTopic: "campaign-shards", backoffMs: 1_000 };
  const deliveries = await deliverMessages(delivery);
  return {
    surroundings,
    deliveries,
    devices,
    shards,
    close: async () => {
      await deliveries.stop();
      await surroundings.close();
    },
  };
}

/** Starts the functions as they are deployed, at a rate at which a shard takes `shardSeconds` beside its worker's others. */
export async function startSweepers(setup: Setup, shardSeconds: number): Promise<Sweepers> {
  const { surroundings, deliveries, devices, shards } = setup;
  const perSecond = (devices.length / shards / shardSeconds) * shardsPerWorker;
  const environment = {
    ...surroundings.environment,
    AUDIENCE_SHARDS: String(shards),
    CAMPAIGN_RAMP_SECONDS: "0",
    FCM_MESSAGES_PER_MINUTE: String(Math.ceil(perSecond * campaignWorkers * 60)),
  };
  const [schedule, workers] = await Promise.all([
    startFunction("saveLocation", { signatureType: "http", environment }),
    startInstances({
      name: "campaignWorker",
      count: campaignWorkers,
      concurrency: shardsPerWorker,
      environment,
      deliveries,
    }),
  ]);
  return {
    workers,
    trigger: async (at) => {
      const headers = { "x-cloudscheduler-scheduletime": at.toISOString() };
      const response = await fetch(schedule.url, { method: "POST", headers });
      await response.arrayBuffer();
      return response.status;
    },
    stop: async () => {
      await Promise.all([workers.stop(), schedule.stop()]);
      const lines = `${workers.output()}\n${schedule.output()}`.split("\n");
      return lines.filter((line) => line.includes('"severity":"ERROR"'));
    },
  };
}

import { saveLocation } from "../../functions/src/campaigns/campaign.ts";
import { findRun, type ShardMessage } from "../../functions/src/campaigns/run.ts";
import { sendShard, shardsPerWorker } from "../../functions/src/campaigns/send-shard.ts";
import { startRun } from "../../functions/src/campaigns/start-run.ts";
import { createFcmClient } from "../../functions/src/fcm/client.ts";
import { createServices, type Services } from "../../functions/src/services.ts";
import { readInput, report } from "../children/child.ts";
import { accessToken } from "./sender.ts";

/** Input of a worker process. */
export interface SweepInput {
  readonly projectId: string;
  readonly firestoreHost: string;
  /** Origin of FCM, and the certificate authority to trust. */
  readonly origin: string;
  readonly ca: string;
  readonly shards: number;
  readonly messagesPerMinute: number;
}

/** Result of a sweep. */
export interface Swept {
  readonly accepted: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Peak memory. */
  readonly maxRssMiB: number;
}

// Loads everything that the deployed functions load, because it counts in their memory.
await import("../../functions/src/index.ts");
const input = readInput<SweepInput>();
const hourMs = 3_600_000;

Object.assign(process.env, {
  GCLOUD_PROJECT: input.projectId,
  FIRESTORE_EMULATOR_HOST: input.firestoreHost,
  METADATA_SERVER_DETECTION: "none",
  AUDIENCE_SHARDS: String(input.shards),
  FCM_MESSAGES_PER_MINUTE: String(input.messagesPerMinute),
  CAMPAIGN_RAMP_SECONDS: "0",
});
const published: ShardMessage[] = [];
const services: Services = {
  ...createServices(),
  fcm: createFcmClient({
    projectId: input.projectId,
    origin: input.origin,
    ca: input.ca,
    fetchToken: async () => ({ value: accessToken, expiresAt: Date.now() + hourMs }),
  }),
  publisher: {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a campaign publishes nothing else
    publish: async (_, messages) => void published.push(...(messages as readonly ShardMessage[])),
    close: async () => undefined,
  },
};

const scheduledAt = Math.floor(Date.now() / 1000) * 1000;
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
const runId = await startRun(services, { campaign: saveLocation, scheduledAt });
const waiting = published.values();
const work = async () => {
  for (const message of waiting) await sendShard(services, message);
};
await Promise.all(Array.from({ length: shardsPerWorker }, work));
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const maxRssMiB = process.resourceUsage().maxRSS / 1024;
const run = await findRun(services.db, runId ?? "");
report({ accepted: run?.counts.accepted ?? 0, seconds, cpuSeconds: (user + system) / 1e6, maxRssMiB });

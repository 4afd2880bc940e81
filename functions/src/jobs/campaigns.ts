import { onMessagePublished } from "firebase-functions/v2/pubsub";
import type { ScheduleFunction } from "firebase-functions/v2/scheduler";
import { z } from "zod";
import * as planned from "../campaigns/campaign.ts";
import { shardsTopic } from "../campaigns/run.ts";
import { sendShard, shardsPerWorker } from "../campaigns/send-shard.ts";
import { startRun } from "../campaigns/start-run.ts";
import { params } from "../config.ts";
import { services } from "../services.ts";
import { scheduledJob } from "./schedule.ts";
import { workMessage } from "./work.ts";

/** Starts the run of a campaign when it is due; a repeated trigger has no effect. */
function campaignSchedule(campaign: planned.Campaign): ScheduleFunction {
  return scheduledJob(
    {
      schedule: params[`${campaign.id}Schedule`].toCEL(),
      timeoutSeconds: 300,
      retryCount: 3,
      failure: "campaign_not_started",
    },
    async ({ scheduleTime }) => {
      await startRun(services(), { campaign, scheduledAt: Date.parse(scheduleTime) });
    },
  );
}

/** The silent push that makes apps log their position. */
export const saveLocation = campaignSchedule(planned.saveLocation);

/** The weekly push. */
export const pathDaily = campaignSchedule(planned.pathDaily);

const shardMessage = z.object({
  runId: z.string(),
  campaign: z.string(),
  shard: z.string(),
  content: planned.contentSchema,
  expiresAt: z.number(),
});

/** Sends one shard of a run; the concurrent shards of an instance share its rate. */
export const campaignWorker = onMessagePublished(
  {
    topic: shardsTopic,
    region: params.region,
    memory: "512MiB",
    cpu: 1,
    concurrency: shardsPerWorker,
    maxInstances: params.campaignWorkers,
    timeoutSeconds: 540,
    retry: true,
  },
  workMessage(shardMessage, sendShard),
);

import { onMessagePublished } from "firebase-functions/v2/pubsub";
import { onSchedule, type ScheduleFunction } from "firebase-functions/v2/scheduler";
import { z } from "zod";
import * as planned from "../campaigns/campaign.ts";
import { shardsTopic } from "../campaigns/run.ts";
import { sendShard, shardsPerWorker } from "../campaigns/send-shard.ts";
import { startRun } from "../campaigns/start-run.ts";
import { campaignWorkers, region } from "../config.ts";
import { logWithoutSettings } from "../log.ts";
import { services } from "../services.ts";
import { workMessage } from "./work.ts";

/** Starts the run of a campaign when it is due; a repeated trigger starts nothing. */
function campaignSchedule(campaign: planned.Campaign): ScheduleFunction {
  const { schedule } = campaign;
  const timeZone = planned.campaignTimeZone;
  const limits = { memory: "512MiB", cpu: 1, concurrency: 1, maxInstances: 1, timeoutSeconds: 300 } as const;
  return onSchedule({ schedule, timeZone, region, retryCount: 3, ...limits }, async ({ scheduleTime }) => {
    try {
      await startRun(services(), { campaign, scheduledAt: Date.parse(scheduleTime) });
    } catch (error) {
      // onSchedule rethrows with a stack of its own; without settings there are no services to log through.
      logWithoutSettings.error("campaign_not_started", { error });
      throw error;
    }
  });
}

/** The silent push that makes apps log where they are. */
export const saveLocation = campaignSchedule(planned.saveLocation);

/** The weekly push. */
export const pathDaily = campaignSchedule(planned.pathDaily);

const strings = z.record(z.string(), z.string());

const shardMessage = z.object({
  runId: z.string(),
  campaign: z.string(),
  shard: z.string(),
  content: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("silent"), data: strings }),
    z.object({ kind: z.literal("notice"), title: z.string(), body: z.string(), data: strings }),
  ]),
  expiresAt: z.number(),
});

/** Sends one shard of a run; the shards that an instance works at share its rate. */
export const campaignWorker = onMessagePublished(
  {
    topic: shardsTopic,
    region,
    memory: "512MiB",
    cpu: 1,
    concurrency: shardsPerWorker,
    maxInstances: campaignWorkers,
    timeoutSeconds: 540,
    retry: true,
  },
  workMessage(shardMessage, sendShard),
);

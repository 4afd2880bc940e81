import { Timestamp } from "firebase-admin/firestore";
import { hasStatus } from "../firestore/status.ts";
import type { Services } from "../services.ts";
import { findContent, type Campaign } from "./campaign.ts";
import { finishRun } from "./finish-run.ts";
import { buildRunId, findRun, noCounts, runRef, shardsTopic, type RunDocument, type ShardMessage } from "./run.ts";

/** A campaign and when it was due, in milliseconds since the epoch. */
export interface Due {
  readonly campaign: Campaign;
  readonly scheduledAt: number;
}

/**
 * Starts the run of a due campaign and returns its id; `undefined` if the campaign is off. Idempotent: there is
 * one run for each due time, and a repeated call publishes the shards that are left.
 */
export async function startRun(services: Services, due: Due): Promise<string | undefined> {
  const runId = buildRunId(due.campaign.id, due.scheduledAt);
  const run = await openRun(services, runId, due);
  if (run === undefined || run.state !== "publishing") return run && runId;
  await publishShards(services, runId, run);
  services.log.info("campaign_started", { runId, shards: run.shards });
  // The last worker may have finished before the run's state became `sending`.
  await finishRun(services, runId);
  return runId;
}

async function openRun(services: Services, runId: string, due: Due): Promise<RunDocument | undefined> {
  const { db } = services;
  const content = await findContent(services, due.campaign);
  if (content === undefined) return undefined;
  const run = buildRun(services, due, content);
  try {
    await runRef(db, runId).create(run);
    return run;
  } catch (error) {
    if (!hasStatus(error, "ALREADY_EXISTS")) throw error;
  }
  return findRun(db, runId);
}

function buildRun({ clock, config }: Services, due: Due, content: RunDocument["content"]): RunDocument {
  const { campaign, scheduledAt } = due;
  return {
    campaign: campaign.id,
    content,
    state: "publishing",
    shards: config.audienceShards,
    shardsPublished: 0,
    shardsDone: 0,
    counts: noCounts,
    errors: {},
    scheduledAt: Timestamp.fromMillis(scheduledAt),
    expiresAt: Timestamp.fromMillis(scheduledAt + campaign.ttlSeconds * 1000),
    createdAt: Timestamp.fromMillis(clock.now()),
  };
}

/**
 * Shards published at once. A crash can publish at most this many twice; workers detect duplicates by the shard's
 * lease.
 */
const shardsAtOnce = 8;

/** Publishes the remaining shards, spread evenly over the ramp: FCM asks for a minute from zero to full rate. */
async function publishShards({ db, publisher, clock, config }: Services, runId: string, run: RunDocument) {
  const { campaign, content, shards, shardsPublished } = run;
  const expiresAt = run.expiresAt.toMillis();
  const stepMs = (config.campaignRampSeconds * 1000 * shardsAtOnce) / shards;
  for (let first = shardsPublished; first < shards; first += shardsAtOnce) {
    if (first > shardsPublished && stepMs > 0) await clock.sleep(stepMs);
    const last = Math.min(first + shardsAtOnce, shards);
    const messages = Array.from({ length: last - first }, (_, index): ShardMessage => {
      return { runId, campaign, shard: String(first + index), content, expiresAt };
    });
    await publisher.publish(shardsTopic, messages);
    await runRef(db, runId).update({ shardsPublished: last, ...(last === shards && { state: "sending" }) });
  }
}

import assert from "node:assert/strict";
import type { Delivery } from "../../local/cloud/eventarc.ts";
import type { ShardDocument } from "../../functions/src/campaigns/run.ts";
import { until, type RunWatch } from "./run-watch.ts";
import type { Stage, Sweepers } from "./stage.ts";

/** A worker's end in the middle of a shard. */
export interface Kill {
  readonly shard: string;
  /** How far the worker had written that it had come. */
  readonly cursor: string;
}

/** Which worker is at which shard. */
interface Victim {
  readonly url: string;
  readonly shard: string;
  readonly claim: string;
}

/** What is killed, and when. */
export interface KillOptions {
  readonly count: number;
  readonly random: () => number;
}

/** Late ones hit workers that go on with what others, killed before, have left. */
const lastMoment = 0.9;

/** Kills workers at random moments of a run, which are numbers of messages that FCM has taken. */
export async function killWorkers(
  stage: Stage,
  { workers }: Sweepers,
  watch: RunWatch,
  { count, random }: KillOptions,
): Promise<readonly Kill[]> {
  const { fcm } = stage.surroundings;
  const before = fcm.counters.accepted;
  const draws = Array.from({ length: count }, () => random() * lastMoment * stage.devices.length);
  const kills: Kill[] = [];
  for (const moment of draws.toSorted((one, other) => one - other)) {
    await until(() => fcm.counters.accepted - before >= moment);
    for (;;) {
      await until(() => findVictims(stage, watch).length > 0 || watch.run()?.state === "done");
      const victims = findVictims(stage, watch);
      const victim = victims[Math.floor(random() * victims.length)];
      assert.ok(victim, `the run was done after ${kills.length} kills`);
      await workers.kill(victim.url);
      const kill = await confirm(stage, watch, victim);
      if (kill === undefined) continue;
      kills.push(kill);
      break;
    }
  }
  return kills;
}

/** The workers that have claimed a shard since they were given its message. */
function findVictims({ deliveries }: Stage, { shards }: RunWatch): readonly Victim[] {
  const victims = deliveries.underWay().flatMap((delivery) => {
    const shard = shardOf(delivery);
    const watched = shards.get(shard);
    if (watched === undefined || watched.claimedAt < delivery.startedAt) return [];
    const { state, claim } = watched.document;
    return state === "sending" ? [{ url: delivery.url, shard, claim }] : [];
  });
  return victims.toSorted((one, other) => Number(one.shard) - Number(other.shard));
}

function shardOf({ text }: Delivery): string {
  return (JSON.parse(text) as { shard: string }).shard;
}

/** The kill, unless the worker's last word had been that the shard is done. */
async function confirm(stage: Stage, watch: RunWatch, { shard, claim }: Victim): Promise<Kill | undefined> {
  const { db } = stage.surroundings;
  const snapshot = await db.doc(`campaignRuns/${watch.runId}/shards/${shard}`).get();
  const document = snapshot.data() as ShardDocument;
  if (document.state === "done" || document.claim !== claim) return undefined;
  return { shard, cursor: document.cursor };
}

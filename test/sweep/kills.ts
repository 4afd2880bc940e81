import assert from "node:assert/strict";
import type { Delivery } from "../../local/cloud/eventarc.ts";
import type { ShardDocument } from "../../functions/src/campaigns/run.ts";
import { until, type RunWatch } from "./run-watch.ts";
import type { Stage, Sweepers } from "./stage.ts";

/** A worker's end in the middle of a shard; it takes several with it. */
export interface Kill {
  readonly shard: string;
  /** How far the worker had written that it had come. */
  readonly cursor: string;
}

/** A shard that a worker is at. */
interface Claim {
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

/**
 * Kills workers at random moments of a run, which are numbers of messages that FCM has taken. Returns, for each, the shards
 * that it was in the middle of.
 */
export async function killWorkers(
  stage: Stage,
  { workers }: Sweepers,
  watch: RunWatch,
  { count, random }: KillOptions,
): Promise<readonly (readonly Kill[])[]> {
  const { fcm } = stage.surroundings;
  const before = fcm.counters.accepted;
  const draws = Array.from({ length: count }, () => random() * lastMoment * stage.devices.length);
  const kills: (readonly Kill[])[] = [];
  for (const moment of draws.toSorted((one, other) => one - other)) {
    await until(() => fcm.counters.accepted - before >= moment);
    for (;;) {
      await until(() => findClaims(stage, watch).length > 0 || watch.run()?.state === "done");
      const claims = findClaims(stage, watch);
      const victim = claims[Math.floor(random() * claims.length)];
      assert.ok(victim, `the run was done after ${kills.length} kills`);
      const own = claims.filter(({ url }) => url === victim.url);
      await workers.kill(victim.url);
      const killed = (await Promise.all(own.map((claim) => confirm(stage, watch, claim)))).flat();
      if (killed.length === 0) continue;
      kills.push(killed);
      break;
    }
  }
  return kills;
}

/** The shards that workers have claimed since they were given their messages. */
function findClaims({ deliveries }: Stage, { shards }: RunWatch): readonly Claim[] {
  const claims = deliveries.underWay().flatMap((delivery) => {
    const shard = shardOf(delivery);
    const watched = shards.get(shard);
    if (watched === undefined || watched.claimedAt < delivery.startedAt) return [];
    const { state, claim } = watched.document;
    return state === "sending" ? [{ url: delivery.url, shard, claim }] : [];
  });
  return claims.toSorted((one, other) => Number(one.shard) - Number(other.shard));
}

function shardOf({ text }: Delivery): string {
  return (JSON.parse(text) as { shard: string }).shard;
}

/** The kill, unless the worker's last word had been that the shard is done. */
async function confirm(stage: Stage, watch: RunWatch, { shard, claim }: Claim): Promise<readonly Kill[]> {
  const { db } = stage.surroundings;
  const snapshot = await db.doc(`campaignRuns/${watch.runId}/shards/${shard}`).get();
  const document = snapshot.data() as ShardDocument;
  if (document.state === "done" || document.claim !== claim) return [];
  return [{ shard, cursor: document.cursor }];
}

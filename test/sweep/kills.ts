import assert from "node:assert/strict";
import type { Delivery } from "../../harness/eventarc.ts";
import type { ShardDocument } from "../../functions/src/campaigns/run.ts";
import { until, type RunWatch, type WatchedShard } from "./run-watch.ts";
import type { Stage, Sweepers } from "./stage.ts";

/** How far a worker was with a shard when it was killed. */
export interface CutShard {
  readonly shard: string;
  /** How far it had written that it had come. */
  readonly cursor: string;
  /** When it was seen to have the shard, in milliseconds since the epoch. */
  readonly claimedAt: number;
}

/** A worker's end in the middle of shards. */
export interface Kill {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly shards: readonly CutShard[];
}

/** A worker and the shards that it is in the middle of. */
interface Victim {
  readonly url: string;
  readonly shards: readonly string[];
}

/** What is killed, and when. */
export interface KillOptions {
  readonly count: number;
  readonly random: () => number;
}

/** Late ones hit workers that go on with what others, killed before, have left. */
const lastMoment = 0.75;

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
    let kill: Kill | undefined;
    while (kill === undefined) {
      await until(() => findVictims(stage, watch).length > 0 || watch.run()?.state === "done");
      const victims = findVictims(stage, watch);
      const victim = victims[Math.floor(random() * victims.length)];
      assert.ok(victim, `the run was done after ${kills.length} kills`);
      const claims = new Map(victim.shards.map((shard) => [shard, watch.shards.get(shard)]));
      await workers.kill(victim.url);
      kill = await confirm(stage, watch, claims);
    }
    kills.push(kill);
  }
  return kills;
}

/** The workers that have claimed shards since they were given their messages. */
function findVictims({ deliveries }: Stage, { shards }: RunWatch): readonly Victim[] {
  const inTheMiddle = deliveries.inFlight().filter((delivery) => {
    const watched = shards.get(shardOf(delivery));
    return watched !== undefined && watched.claimedAt >= delivery.startedAt && watched.document.state === "sending";
  });
  const byUrl = Map.groupBy(inTheMiddle, ({ url }) => url);
  return [...byUrl].map(([url, under]) => ({ url, shards: under.map(shardOf) }));
}

function shardOf({ text }: Delivery): string {
  return (JSON.parse(text) as { shard: string }).shard;
}

/** The kill, with the shards whose worker's last word had not been that they are done. */
async function confirm(
  { surroundings: { db } }: Stage,
  { runId }: RunWatch,
  claims: ReadonlyMap<string, WatchedShard | undefined>,
): Promise<Kill | undefined> {
  const at = Date.now();
  const refs = [...claims.keys()].map((shard) => db.doc(`campaignRuns/${runId}/shards/${shard}`));
  const snapshots = await db.getAll(...refs);
  const shards = snapshots.flatMap((snapshot): CutShard[] => {
    const { state, lease, cursor } = snapshot.data() as ShardDocument;
    const watched = claims.get(snapshot.id);
    if (state === "done" || watched?.document.lease !== lease) return [];
    return [{ shard: snapshot.id, cursor, claimedAt: watched.claimedAt }];
  });
  return shards.length > 0 ? { at, shards } : undefined;
}

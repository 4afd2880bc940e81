import assert from "node:assert/strict";
import type { Delivery } from "../../harness/eventarc.ts";
import type { ShardDocument } from "../../functions/src/campaigns/run.ts";
import { until, type RunWatch, type WatchedShard } from "./run-watch.ts";
import type { Setup, Sweepers } from "./setup.ts";

/** The progress of a worker in a shard when it was killed. */
export interface CutShard {
  readonly shard: string;
  /** The progress that it had saved. */
  readonly cursor: string;
  /** When this test first saw it hold the shard, in milliseconds since the epoch. */
  readonly claimedAt: number;
}

/** The kill of a worker in the middle of shards. */
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

/** Which worker to kill, and when. */
export interface KillOptions {
  readonly count: number;
  readonly random: () => number;
}

/** Late kills hit workers that continue shards of workers killed before. */
const lastMoment = 0.75;

/** Kills workers at random moments of a run, counted in messages that FCM has accepted. */
export async function killWorkers(
  setup: Setup,
  { workers }: Sweepers,
  watch: RunWatch,
  { count, random }: KillOptions,
): Promise<readonly Kill[]> {
  const { fcm } = setup.surroundings;
  const before = fcm.counters.accepted;
  const draws = Array.from({ length: count }, () => random() * lastMoment * setup.devices.length);
  const kills: Kill[] = [];
  for (const moment of draws.toSorted((one, other) => one - other)) {
    await until(() => fcm.counters.accepted - before >= moment);
    let kill: Kill | undefined;
    while (kill === undefined) {
      await until(() => findVictims(setup, watch).length > 0 || watch.run()?.state === "done");
      const victims = findVictims(setup, watch);
      const victim = victims[Math.floor(random() * victims.length)];
      assert.ok(victim, `the run was done after ${kills.length} kills`);
      const claims = new Map(victim.shards.map((shard) => [shard, watch.shards.get(shard)]));
      await workers.kill(victim.url);
      kill = await confirm(setup, watch, claims);
    }
    kills.push(kill);
  }
  return kills;
}

/** The workers that have claimed shards since they received their messages. */
function findVictims({ deliveries }: Setup, { shards }: RunWatch): readonly Victim[] {
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

/** The kill, with the shards that the worker had not reported as done. */
async function confirm(
  { surroundings: { db } }: Setup,
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

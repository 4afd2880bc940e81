import { setTimeout as delay } from "node:timers/promises";
import type { RunDocument, ShardDocument } from "../../functions/src/campaigns/run.ts";
import type { Stage } from "./stage.ts";

/** A shard as it is recorded, and since when its worker has had it. */
export interface WatchedShard {
  readonly document: ShardDocument;
  /** When its `lease` was first seen, in milliseconds since the epoch. */
  readonly claimedAt: number;
}

/** One run of `saveLocation`, seen as its documents change. */
export interface RunWatch {
  readonly runId: string;
  run(): RunDocument | undefined;
  /** By their numbers. */
  readonly shards: ReadonlyMap<string, WatchedShard>;
  /** Resolves when the run is done and no message is with a worker or about to be. */
  done(): Promise<RunDocument>;
  stop(): void;
}

/** A time for a run that no other test has; pushes of it live for another 25 minutes. */
let runs = 0;
export function nextTime(): Date {
  runs += 1;
  return new Date(Math.floor(Date.now() / 1000) * 1000 - runs * 1000);
}

/** Watches the run of a time from before it begins. */
export function watchRun({ surroundings: { db, pubsub } }: Stage, at: Date): RunWatch {
  const ref = db.doc(`campaignRuns/saveLocation~${at.toISOString()}`);
  const shards = new Map<string, WatchedShard>();
  let run: RunDocument | undefined;
  const stopRun = ref.onSnapshot((snapshot) => {
    run = snapshot.data() as RunDocument | undefined;
  });
  const stopShards = ref.collection("shards").onSnapshot((snapshot) => {
    for (const { doc } of snapshot.docChanges()) {
      const document = doc.data() as ShardDocument;
      const before = shards.get(doc.id);
      const claimedAt = before?.document.lease === document.lease ? before.claimedAt : Date.now();
      shards.set(doc.id, { document, claimedAt });
    }
  });
  return {
    runId: ref.id,
    run: () => run,
    shards,
    done: async () => {
      await until(() => run?.state === "done" && pubsub.unsettled() === 0);
      return run!;
    },
    stop: () => {
      stopRun();
      stopShards();
    },
  };
}

const pollMs = 20;

/** Resolves soon after the condition holds. This process serves the workers, so that it must not be kept busy by asking. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(pollMs);
}

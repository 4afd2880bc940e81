import { setTimeout as delay } from "node:timers/promises";
import type { RunDocument, ShardDocument } from "../../functions/src/campaigns/run.ts";
import type { Setup } from "./setup.ts";

/** A shard's record, and since when its worker has had it. */
export interface WatchedShard {
  readonly document: ShardDocument;
  /** When its `lease` was first seen, in milliseconds since the epoch. */
  readonly claimedAt: number;
}

/** One run of `saveLocation`, followed by its documents' changes. */
export interface RunWatch {
  readonly runId: string;
  run(): RunDocument | undefined;
  /** By shard number. */
  readonly shards: ReadonlyMap<string, WatchedShard>;
  /** Resolves when the run is done and no worker has a message or is about to get one. */
  done(): Promise<RunDocument>;
  stop(): void;
}

/** A due time that no other test uses; its pushes live for another 25 minutes. */
let runs = 0;
export function nextTime(): Date {
  runs += 1;
  return new Date(Math.floor(Date.now() / 1000) * 1000 - runs * 1000);
}

/** Watches the run of a due time, starting before the run does. */
export function watchRun({ surroundings: { db, pubsub } }: Setup, at: Date): RunWatch {
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

/** Resolves soon after the condition holds. This process also serves the workers, so it polls with pauses. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(pollMs);
}

import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { findRun, runRef } from "./run.ts";

/** Marks a run as done if all its shards are done. */
export async function finishRun({ db, clock, log }: Services, runId: string): Promise<void> {
  const ref = runRef(db, runId);
  const run = await findRun(db, runId);
  if (run === undefined || run.state !== "sending" || run.shardsDone < run.shards) return;
  await ref.update({ state: "done", finishedAt: Timestamp.fromMillis(clock.now()) });
  log.info("campaign_done", { runId, ...run.counts, codes: run.errors });
}

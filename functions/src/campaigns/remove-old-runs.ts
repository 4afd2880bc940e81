import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";

/** The same as for calls. */
const keptDays = 30;

const dayMs = 24 * 60 * 60 * 1000;

const runsPerPage = 100;

/**
 * Removes campaign runs older than a month, with their shards, and returns how many. After an interruption, the next
 * call removes the rest.
 */
export async function removeOldRuns({ db, clock, log }: Services): Promise<number> {
  const oldest = Timestamp.fromMillis(clock.now() - keptDays * dayMs);
  const old = db.collection("campaignRuns").where("createdAt", "<", oldest).select().limit(runsPerPage);
  let removed = 0;
  for (let page = await old.get(); !page.empty; page = await old.get()) {
    for (const { ref } of page.docs) {
      // Shards first: if we stop in between, the run is still there to find the rest by.
      await db.recursiveDelete(ref.collection("shards"));
      await ref.delete();
      removed += 1;
    }
  }
  log.info("campaign_runs_removed", { runs: removed });
  return removed;
}

import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";

/** As long as calls are kept. */
const keptDays = 30;

const dayMs = 24 * 60 * 60 * 1000;

const runsPerPage = 100;

/** Removes the campaign runs that are over for a month, with their shards, and returns how many. Run again, it removes what is left. */
export async function removeOldRuns({ db, clock, log }: Services): Promise<number> {
  const oldest = Timestamp.fromMillis(clock.now() - keptDays * dayMs);
  const old = db.collection("campaignRuns").where("createdAt", "<", oldest).select().limit(runsPerPage);
  let removed = 0;
  for (let page = await old.get(); !page.empty; page = await old.get()) {
    for (const { ref } of page.docs) {
      // A run that is gone before its shards would leave them behind, should we be stopped in between.
      await db.recursiveDelete(ref.collection("shards"));
      await ref.delete();
      removed += 1;
    }
  }
  log.info("campaign_runs_removed", { runs: removed });
  return removed;
}

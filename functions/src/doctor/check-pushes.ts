import { Timestamp } from "firebase-admin/firestore";
import { pushesRef } from "../pushes/push.ts";
import type { Services } from "../services.ts";
import { fault, ok, type Finding } from "./finding.ts";

/** The job looks each minute; after this time it must have missed several. */
const lateMs = 5 * 60_000;

/** Checks that the job of each minute runs: no push may have been due for long. */
export async function checkPushes({ db, clock }: Services): Promise<readonly Finding[]> {
  const since = Timestamp.fromMillis(clock.now() - lateMs);
  const { docs } = await pushesRef(db).where("dueAt", "<=", since).orderBy("dueAt").limit(1).select("dueAt").get();
  const dueAt: unknown = docs[0]?.get("dueAt");
  if (!(dueAt instanceof Timestamp)) return [ok("no push is overdue")];
  const seen = `pushes are overdue, the first since ${dueAt.toDate().toISOString()}`;
  return [fault(seen, "npm run ops -- doctor: the schedule of duePushes may be off; its log has its errors")];
}

import { Timestamp, type DocumentReference, type Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import type { Services } from "../services.ts";
import type { Lag, Progress } from "./due-hours.ts";

const time = z.instanceof(Timestamp).transform((at) => at.toMillis());

/** `jobs/statistics`: up to which hour the rings were counted. */
const stored = z.object({ soon: time, later: time, nextDay: time, last: time });

function progressRef(db: Firestore): DocumentReference {
  return db.collection("jobs").doc("statistics");
}

/** How far the counts have come; `undefined` before the first run. */
export async function readProgress({ db }: Pick<Services, "db">): Promise<Progress | undefined> {
  // If it cannot be read, the hours are only counted again.
  return stored.safeParse((await progressRef(db).get()).data()).data;
}

/** Saves how far the counts have come, unless another run has come farther. */
export async function saveProgress({ db }: Pick<Services, "db">, progress: Progress): Promise<void> {
  const ref = progressRef(db);
  await db.runTransaction(async (transaction) => {
    const before = stored.safeParse((await transaction.get(ref)).data()).data;
    const farther = (lag: Lag) => Timestamp.fromMillis(Math.max(progress[lag], before?.[lag] ?? 0));
    const after = {
      soon: farther("soon"),
      later: farther("later"),
      nextDay: farther("nextDay"),
      last: farther("last"),
    };
    transaction.set(ref, after);
  });
}

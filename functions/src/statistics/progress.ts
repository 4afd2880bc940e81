import { Timestamp, type DocumentReference, type DocumentSnapshot, type Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Services } from "../services.ts";
import { notAhead, type Lag, type Progress } from "./due-hours.ts";
import { laterTime } from "./hour.ts";

const time = z.instanceof(Timestamp).transform((at) => at.toMillis());

/** `jobs/statistics`: up to which hour the rings were counted, and which hours before could not be. */
const stored = z.object({ soon: time, later: time, nextDay: time, last: time, failed: z.array(time).default([]) });

function progressRef(db: Firestore): DocumentReference {
  return db.collection("jobs").doc("statistics");
}

/** How far the counts had come at a time; `undefined` before the first run. */
interface Known {
  readonly progress: Progress | undefined;
  readonly now: number;
}

/** How far the counts have come, and what time it is. */
export async function readProgress({ db, clock }: Pick<Services, "db" | "clock">): Promise<Known> {
  return parse(await progressRef(db).get(), clock);
}

function parse(snapshot: DocumentSnapshot, clock: Clock): Known {
  const now = laterTime(clock, snapshot.readTime);
  // If it cannot be read, the hours are only counted again.
  const { data } = stored.safeParse(snapshot.data());
  return { progress: data && notAhead(data, now), now };
}

/** Saves how far the counts have come, unless another run has come farther; `counted` are the hours of this run. */
export async function saveProgress(
  { db, clock }: Pick<Services, "db" | "clock">,
  progress: Progress,
  counted: ReadonlySet<number>,
): Promise<void> {
  const ref = progressRef(db);
  await db.runTransaction(async (transaction) => {
    const { progress: before } = parse(await transaction.get(ref), clock);
    const farther = (lag: Lag) => Timestamp.fromMillis(Math.max(progress[lag], before?.[lag] ?? 0));
    const others = before?.failed.filter((hour) => !counted.has(hour)) ?? [];
    const after = {
      soon: farther("soon"),
      later: farther("later"),
      nextDay: farther("nextDay"),
      last: farther("last"),
      failed: [...new Set([...progress.failed, ...others])].map((hour) => Timestamp.fromMillis(hour)),
    };
    transaction.set(ref, after);
  });
}

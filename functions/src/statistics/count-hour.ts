import { Timestamp } from "firebase-admin/firestore";
import { readRing, ringsRef } from "../rings/ring.ts";
import type { Services } from "../services.ts";
import { addSpans, countRings } from "./count-rings.ts";
import { emptyCounters, type Counters } from "./counters.ts";
import { saveToDay } from "./day-document.ts";
import { firstCountable } from "./due-hours.ts";
import { laterTime, nameHour, parseHour, startOfHour } from "./hour.ts";
import { readSpans } from "./read-spans.ts";
import { buildStatistics, buildStatisticsId, readStatistics, statisticsRef } from "./statistics-document.ts";

/** Documents in one transaction. */
const perTransaction = 100;

/**
 * Counts an hour whole from its rings, and overwrites what was counted before; returns the number of its rings. It never
 * adds to a number, so a repeat changes nothing. An hour whose rings may be gone is left as it is.
 */
export async function countHour(services: Services, hour: number): Promise<number> {
  const { db, clock } = services;
  const name = nameHour(hour);
  // Read before the rings: its time is that of the count. A PBX may have had rings that were withdrawn since.
  const before = await statisticsRef(db).where("hour", "==", name).get();
  const now = laterTime(clock, before.readTime);
  if (hour < firstCountable(now)) return 0;
  const spans: ReadonlyMap<string, Counters>[] = [];
  for await (const span of readSpans(services, hour)) spans.push(countRings(span, now));
  const counted = new Map(addSpans(spans));
  const rings = [...counted.values()].reduce((sum, { rings: { announced } }) => sum + announced, 0);
  for (const snapshot of before.docs) {
    const { pbxId } = readStatistics(snapshot);
    if (!counted.has(pbxId)) counted.set(pbxId, emptyCounters);
  }
  const pbxs = [...counted];
  for (let start = 0; start < pbxs.length; start += perTransaction) {
    await save(services, name, before.readTime, pbxs.slice(start, start + perTransaction));
  }
  return rings;
}

/**
 * The first hour, from this one on, that has rings or was counted; `Infinity` if there is none. Most hours of a small office
 * have neither, and a job that was down passes over them at once.
 */
export async function findBusyHour({ db }: Services, hour: number): Promise<number> {
  const [rings, counted] = await Promise.all([
    ringsRef(db).where("createdAt", ">=", Timestamp.fromMillis(hour)).orderBy("createdAt").limit(1).get(),
    statisticsRef(db).where("hour", ">=", nameHour(hour)).orderBy("hour").limit(1).get(),
  ]);
  const starts = [
    ...rings.docs.map((doc) => startOfHour(readRing(doc).createdAt.toMillis())),
    ...counted.docs.map((doc) => parseHour(readStatistics(doc).hour)),
  ];
  return Math.min(...starts);
}

/**
 * Overwrites the counts that were begun earlier. Of two runs at once, the later one has seen all that was written before it
 * began; what the slower one saw besides, the next count sees.
 */
async function save(
  { db }: Services,
  hour: string,
  countedAt: Timestamp,
  pbxs: readonly (readonly [string, Counters])[],
): Promise<void> {
  const refs = pbxs.map(([pbxId]) => statisticsRef(db).doc(buildStatisticsId(pbxId, hour)));
  await db.runTransaction(async (transaction) => {
    const stored = await transaction.getAll(...refs);
    for (const [nth, snapshot] of stored.entries()) {
      const [pbxId, counters] = pbxs[nth] ?? [];
      if (pbxId === undefined || counters === undefined) continue;
      if (snapshot.exists && readStatistics(snapshot).countedAt.valueOf() > countedAt.valueOf()) continue;
      const document = buildStatistics({ pbxId, hour, countedAt }, counters);
      transaction.set(snapshot.ref, document);
      saveToDay(transaction, db, document);
    }
  });
}

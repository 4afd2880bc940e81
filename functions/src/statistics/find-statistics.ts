import { FieldPath, type CollectionReference, type Query } from "firebase-admin/firestore";
import { readPages } from "../firestore/pages.ts";
import type { Services } from "../services.ts";
import { daysRef, readDay, type DayDocument, type HourCounters } from "./day-document.ts";
import { hourMs, nameDay, nameHour, startOfHour } from "./hour.ts";
import { readProgress } from "./progress.ts";
import { readStatistics, statisticsRef, type StatisticsDocument } from "./statistics-document.ts";

/** Which hours are wanted: those that begin in a time span, in milliseconds since the epoch; of all PBXs, or of one. */
export interface StatisticsFilter {
  /** The hour that it is in is wanted, too. */
  readonly since: number;
  readonly until: number;
  readonly pbxId?: string | undefined;
}

/** An hour of a PBX, without what phones they were. */
export interface Hour {
  readonly pbxId: string;
  /** In UTC, such as `2026-11-28T05`. */
  readonly hour: string;
  readonly counters: HourCounters;
}

/**
 * The hours that are wanted, without models and systems, in pages; those of one PBX in their order, those of several by
 * day. It costs one read for each day and PBX in which a phone was to ring: 365 a PBX for a year.
 */
export async function* findHours(
  { db }: Pick<Services, "db">,
  filter: StatisticsFilter,
): AsyncGenerator<readonly Hour[], void, undefined> {
  const [from, to] = nameSpan(filter);
  const query = inSpan(daysRef(db), "day", { ...filter, from: nameDay(from), to: `${nameDay(to)}~` });
  for await (const page of readPages(query)) {
    yield page.flatMap((snapshot) => listHours(readDay(snapshot))).filter(({ hour }) => from <= hour && hour < to);
  }
}

function listHours({ pbxId, day, hours }: DayDocument): readonly Hour[] {
  return Object.entries(hours)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, counters]) => ({ pbxId, hour: `${day}T${name}`, counters }));
}

/** The same with models and systems. It costs one read for each hour and PBX: 8,760 a PBX for a year. */
export async function* findStatistics(
  { db }: Pick<Services, "db">,
  filter: StatisticsFilter,
): AsyncGenerator<readonly StatisticsDocument[], void, undefined> {
  const [from, to] = nameSpan(filter);
  for await (const page of readPages(inSpan(statisticsRef(db), "hour", { ...filter, from, to }))) {
    yield page.map(readStatistics);
  }
}

function nameSpan({ since, until }: StatisticsFilter): readonly [from: string, to: string] {
  return [nameHour(since), nameHour(startOfHour(until - 1) + hourMs)];
}

/** The ids of one PBX have the order of their times, so its query needs no index of its own. */
function inSpan(
  collection: CollectionReference,
  field: "day" | "hour",
  { pbxId, from, to }: { readonly pbxId?: string | undefined; readonly from: string; readonly to: string },
): Query {
  if (pbxId === undefined) return collection.where(field, ">=", from).where(field, "<", to).orderBy(field);
  const id = FieldPath.documentId();
  return collection.where(id, ">=", `${pbxId}~${from}`).where(id, "<", `${pbxId}~${to}`).orderBy(id);
}

/**
 * Rings that began at this time or later are not all counted, in milliseconds since the epoch; `undefined` before the first
 * count. An hour that could not be counted is none to pass over in silence.
 */
export async function findCountedUntil(services: Pick<Services, "db" | "clock">): Promise<number | undefined> {
  const { progress } = await readProgress(services);
  return progress && Math.min(progress.soon, ...progress.failed);
}

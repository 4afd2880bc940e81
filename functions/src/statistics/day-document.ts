import {
  FieldPath,
  Timestamp,
  type CollectionReference,
  type DocumentReference,
  type DocumentSnapshot,
  type Firestore,
  type Transaction,
} from "firebase-admin/firestore";
import { hourMs, nameDay, parseHour } from "./hour.ts";
import { keptMs, type StatisticsDocument } from "./statistics-document.ts";

/** What a day keeps of an hour: not what phones they were. */
export type HourCounters = Pick<StatisticsDocument["counters"], "rings" | "phones" | "causes">;

/**
 * `statisticsDays/{pbxId}~{day}`: the same hours again, in one document for each day in UTC, so that a year is 365 reads
 * a PBX. Hours are not added up: a day of any time zone of whole hours can be made of them.
 */
export interface DayDocument {
  readonly pbxId: string;
  /** In UTC, such as `2026-11-28`. */
  readonly day: string;
  /** By `00` to `23`. */
  readonly hours: Readonly<Record<string, HourCounters>>;
  /** When Firestore's TTL policy removes it. */
  readonly removeAt: Timestamp;
}

/** The collection of days. */
export function daysRef(db: Firestore): CollectionReference {
  return db.collection("statisticsDays");
}

function dayRef(db: Firestore, pbxId: string, day: string): DocumentReference {
  return daysRef(db).doc(`${pbxId}~${day}`);
}

/** Writes an hour into its day, in the transaction that writes the hour's own document. */
export function saveToDay(
  transaction: Transaction,
  db: Firestore,
  { pbxId, hour, counters }: StatisticsDocument,
): void {
  const day = nameDay(hour);
  const name = hour.slice(`${day}T`.length);
  const { rings, phones, causes } = counters;
  const removeAt = Timestamp.fromMillis(parseHour(`${day}T00`) + 24 * hourMs + keptMs);
  const fields = { pbxId, day, hours: { [name]: { rings, phones, causes } }, removeAt };
  // The hour is replaced whole: merged, a cause that no ring has any more would stay.
  const mergeFields = ["pbxId", "day", "removeAt", new FieldPath("hours", name)];
  transaction.set(dayRef(db, pbxId, day), fields, { mergeFields });
}

/** Reads a snapshot that exists; only this folder writes days, so their shape is trusted. */
export function readDay(snapshot: DocumentSnapshot): DayDocument {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return snapshot.data() as DayDocument;
}

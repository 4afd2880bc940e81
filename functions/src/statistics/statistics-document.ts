import { Timestamp, type CollectionReference, type DocumentSnapshot, type Firestore } from "firebase-admin/firestore";
import { addNamed, type CauseCount, type Counters } from "./counters.ts";
import { parseHour } from "./hour.ts";
import { addTallies, emptyTally, type Tally } from "./tally.ts";

/** A tally with what it is of. */
export interface NamedTally extends Tally {
  readonly name: string;
}

/** `statistics/{pbxId}~{hour}`: the rings of a PBX in an hour. Nothing in it is of a person. */
export interface StatisticsDocument {
  readonly pbxId: string;
  /** In UTC, such as `2026-11-28T05`. */
  readonly hour: string;
  /** By Firestore's clock: every ring written before is counted as it was. */
  readonly countedAt: Timestamp;
  readonly counters: {
    readonly rings: Tally;
    readonly phones: Tally;
    readonly causes: Readonly<Record<string, CauseCount>>;
    /** The most frequent, and `other`. A list, because apps name them: a name may be none that a field can have. */
    readonly models: readonly NamedTally[];
    readonly systems: readonly NamedTally[];
  };
  /** When Firestore's TTL policy removes it. */
  readonly removeAt: Timestamp;
}

/** How long an hour is kept, in milliseconds: a year can be compared with the month before it. */
export const keptMs = 400 * 24 * 60 * 60 * 1000;

/** So many names of each kind an hour: apps can send any. */
const maxNames = 50;

/** What the others are counted under. */
const others = "other";

/** The collection of statistics. */
export function statisticsRef(db: Firestore): CollectionReference {
  return db.collection("statistics");
}

/** The document's id: ids of PBXs have no `~`. */
export function buildStatisticsId(pbxId: string, hour: string): string {
  return `${pbxId}~${hour}`;
}

/** The document of one PBX's hour. */
export function buildStatistics(
  name: Pick<StatisticsDocument, "pbxId" | "hour" | "countedAt">,
  { rings, phones, causes, models, systems }: Counters,
): StatisticsDocument {
  return {
    ...name,
    counters: {
      rings,
      phones,
      causes: Object.fromEntries([...causes].toSorted(byName)),
      models: listNames(models),
      systems: listNames(systems),
    },
    removeAt: Timestamp.fromMillis(parseHour(name.hour) + keptMs),
  };
}

/** Reads a snapshot that exists; only this folder writes statistics, so their shape is trusted. */
export function readStatistics(snapshot: DocumentSnapshot): StatisticsDocument {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return snapshot.data() as StatisticsDocument;
}

/** The counters of an hour, to be added up with others. Those of a day have no models and systems. */
export function countersOf({ counters }: { readonly counters: Partial<StatisticsDocument["counters"]> }): Counters {
  const { rings = emptyTally, phones = emptyTally, causes = {}, models = [], systems = [] } = counters;
  return {
    rings,
    phones,
    causes: new Map(Object.entries(causes)),
    models: indexNames(models),
    systems: indexNames(systems),
  };
}

function indexNames(list: readonly NamedTally[]): ReadonlyMap<string, Tally> {
  return new Map(list.map(({ name, ...tally }) => [name, tally]));
}

/** The most frequent names, and the others under one. */
function listNames(tallies: ReadonlyMap<string, Tally>): readonly NamedTally[] {
  const sorted = [...tallies].toSorted((one, two) => two[1].announced - one[1].announced || byName(one, two));
  const kept = new Map(sorted.slice(0, maxNames));
  const rest = sorted.slice(maxNames).map(([, tally]) => [others, tally] as const);
  addNamed(kept, rest, addTallies);
  return [...kept].map(([name, tally]) => ({ name, ...tally }));
}

function byName([one]: readonly [string, unknown], [two]: readonly [string, unknown]): number {
  return one < two ? -1 : 1;
}

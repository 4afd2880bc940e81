import { addTallies, emptyTally, type Tally } from "./tally.ts";

/** How often a verdict found one cause. */
export interface CauseCount {
  /** Missed rings for this cause: each missed ring has one, that of the phone that came farthest. */
  readonly missed: number;
  /** Verdicts with this cause: one for each phone, or for a ring without phones. */
  readonly verdicts: number;
}

/** Everything that is counted of some rings. */
export interface Counters {
  /** Rings. Two rings that share their phones count both. */
  readonly rings: Tally;
  /** Phones that were to ring. A phone that rings for two rings of a call counts once. */
  readonly phones: Tally;
  readonly causes: ReadonlyMap<string, CauseCount>;
  /** Phones by model. */
  readonly models: ReadonlyMap<string, Tally>;
  /** Phones by operating system and its major version. */
  readonly systems: ReadonlyMap<string, Tally>;
}

/** The counters of nothing. */
export const emptyCounters: Counters = {
  rings: emptyTally,
  phones: emptyTally,
  causes: new Map(),
  models: new Map(),
  systems: new Map(),
};

/** Counters added up, in any order and grouping. */
export function addCounters(parts: Iterable<Counters>): Counters {
  let [rings, phones] = [emptyTally, emptyTally];
  const causes = new Map<string, CauseCount>();
  const models = new Map<string, Tally>();
  const systems = new Map<string, Tally>();
  for (const part of parts) {
    rings = addTallies(rings, part.rings);
    phones = addTallies(phones, part.phones);
    addNamed(causes, part.causes, addCauses);
    addNamed(models, part.models, addTallies);
    addNamed(systems, part.systems, addTallies);
  }
  return { rings, phones, causes, models, systems };
}

/** Adds each named value of a part to a sum. */
export function addNamed<T>(
  sum: Map<string, T>,
  part: Iterable<readonly [string, T]>,
  add: (one: T, other: T) => T,
): void {
  for (const [name, value] of part) {
    const before = sum.get(name);
    sum.set(name, before === undefined ? value : add(before, value));
  }
}

/** Two counts of a cause added up. */
export function addCauses(one: CauseCount, other: CauseCount): CauseCount {
  return { missed: one.missed + other.missed, verdicts: one.verdicts + other.verdicts };
}

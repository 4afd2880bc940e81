import { listRings } from "../../functions/src/rings/list-rings.ts";
import type { Ring, StoredRing } from "../../functions/src/rings/ring.ts";
import type { Services } from "../../functions/src/services.ts";
import type { Output } from "../command/progress-bar.ts";
import type { Span } from "../command/times.ts";
import type { Chosen } from "./choose-rings.ts";

/** How many rings are collected, of which. */
export interface Wanted extends Chosen {
  readonly span: Span;
  readonly limit: number;
  /** Where the progress of a long search is told. */
  readonly err?: Output;
}

/** The rings that were found, newest first, and where the search stopped before the end of the time. */
export interface Collected {
  readonly rings: readonly StoredRing[];
  /** Why it stopped early: there are more, or too many had to be read. */
  readonly cut?: "limit" | "reads";
  /** When the last ring that was read began, in milliseconds since the epoch. */
  readonly reachedAt?: number;
}

/** More documents are not read for one question: each costs. */
export const maxReads = 20_000;

/** A longer search tells how far it is. */
const tellEvery = 2000;

const largestPage = 500;

/** Reads rings newest first until there are enough of those that are meant. */
export async function collectRings(services: Pick<Services, "db">, wanted: Wanted): Promise<Collected> {
  const { asked, fits, isExact, span, limit, err } = wanted;
  const rings: StoredRing[] = [];
  let reads = 0;
  const pageSize = isExact ? Math.min(limit + 1, largestPage) : largestPage;
  for await (const page of listRings(services, { ...asked, ...span }, pageSize)) {
    rings.push(...page.filter(({ ring }) => fits(ring)));
    const before = reads;
    reads += page.length;
    if (rings.length > limit) return { rings: rings.slice(0, limit), cut: "limit", ...reached(rings[limit - 1]?.ring) };
    if (reads >= maxReads) return { rings, cut: "reads", ...reached(page.at(-1)?.ring) };
    if (Math.floor(before / tellEvery) < Math.floor(reads / tellEvery)) {
      err?.write(`${reads} rings read, ${rings.length} found …\n`);
    }
  }
  return { rings };
}

function reached(ring: Ring | undefined): Pick<Collected, "reachedAt"> {
  return ring === undefined ? {} : { reachedAt: ring.createdAt.toMillis() };
}

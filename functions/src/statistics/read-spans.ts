import { Timestamp, type Query } from "firebase-admin/firestore";
import { readPages } from "../firestore/pages.ts";
import { readStored, ringsRef, type StoredRing } from "../rings/ring.ts";
import type { Services } from "../services.ts";
import type { Span } from "./count-rings.ts";
import { hourMs } from "./hour.ts";

/** Rings are held in memory for so long a time at once, in milliseconds. No ring joins another that is older. */
const spanMs = 600_000;

/** What a verdict needs: all but the caller. */
const fields =
  "callKey pbxId exten line uid status claim answer phones joined leads createdAt ringEndsAt answeredAt endedAt endReason silencedAt".split(
    " ",
  );

/**
 * The rings of an hour in spans, each with the rings around it: those of the spans before and after, which it may share
 * phones with, and the answered ones of the last hour, whose calls may go on.
 */
export async function* readSpans(services: Services, hour: number): AsyncGenerator<Span, void, undefined> {
  const read = async (start: number) => readAll(createdIn(services, start, start + spanMs));
  let answered: readonly StoredRing[] = await readAnswered(services, hour);
  let before = await read(hour - spanMs);
  let rings = await read(hour);
  for (let start = hour; start < hour + hourMs; start += spanMs) {
    const after = await read(start + spanMs);
    yield { rings, around: [...answered, ...before, ...after] };
    const oldest = start + spanMs - hourMs;
    answered = [...answered, ...before].filter(
      ({ ring }) => ring.answeredAt !== undefined && ring.createdAt.toMillis() >= oldest,
    );
    [before, rings] = [rings, after];
  }
}

/** The answered rings of the hour before. */
async function readAnswered({ db }: Services, hour: number): Promise<readonly StoredRing[]> {
  const found = await readAll(
    ringsRef(db)
      .where("answeredAt", ">=", Timestamp.fromMillis(hour - hourMs))
      .where("answeredAt", "<", Timestamp.fromMillis(hour))
      .orderBy("answeredAt"),
  );
  return found.filter(({ ring }) => ring.createdAt.toMillis() >= hour - hourMs);
}

function createdIn({ db }: Services, from: number, to: number): Query {
  return ringsRef(db)
    .where("createdAt", ">=", Timestamp.fromMillis(from))
    .where("createdAt", "<", Timestamp.fromMillis(to))
    .orderBy("createdAt");
}

async function readAll(query: Query): Promise<readonly StoredRing[]> {
  const rings: StoredRing[] = [];
  for await (const page of readPages(query.select(...fields))) {
    rings.push(...page.flatMap((snapshot) => readStored(snapshot) ?? []));
  }
  return rings;
}

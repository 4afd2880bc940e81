import { createHash } from "node:crypto";
import { Timestamp } from "firebase-admin/firestore";
import { z } from "zod";
import { narrowRings } from "../../rings/list-rings.ts";
import { readStored, ringRef, ringsRef, type StoredRing } from "../../rings/ring.ts";
import type { Services } from "../../services.ts";
import { cursorOf, writeCursor } from "../cursor.ts";
import { action } from "../action.ts";
import { describeRings } from "../show/ring-row.ts";
import type { RingRow, Tail } from "../wire.ts";
import { callFilter, fits, resolveFilter, type RingFilter } from "./calls.ts";

/** New rings in one answer, and rings that a cursor knows: what one poll reads is at most the sum. */
const maxNew = 50;
const maxSeen = 100;

/** A ring becomes visible so long after its creation time at most: instances' clocks differ, and commits take time. */
const overlapMs = 10_000;

/** The first answer reaches back so far. */
const beginMs = 10 * 60_000;

/** A phone's last report may come so long after the ring. */
const settlingMs = 15_000;

const calmMs = 2000;
const busyMs = 5000;
/** From so many rings in one answer on, the page asks less often. */
const busyFrom = 25;

/** The last time that Firestore can hold. */
const lastMs = 253_402_300_799_999;

/** The ring as it was shown last, as a digest; empty if it was not. */
const digest = z.string().regex(/^[\w-]{0,11}$/);
const cursor = z.object({
  since: z.int().min(0).max(lastMs),
  seen: z.array(z.tuple([z.guid(), digest])).max(maxSeen),
});
type Cursor = z.infer<typeof cursor>;

/** More than a full cursor has. */
const maxCursorLength = 12_000;

/**
 * What is new since the last answer: the rings that began since, and those that were open then. A listener would hold an
 * instance for as long as a page is open; this costs one read for each of those rings, and at least one.
 */
export const tail = action<"tail">()(
  z.strictObject({ ...callFilter, cursor: cursorOf(cursor, maxCursorLength).optional() }),
  async ({ services }, { cursor: given, ...named }) => {
    const now = services.clock.now();
    const before: Cursor = given ?? { since: now - beginMs, seen: [] };
    const filter = await resolveFilter(services, named);
    const { begun, isCut } = await findBegun(services, filter, before);
    const followed = await findFollowed(services, before, begun);
    const rings = [...begun, ...followed].toSorted((one, other) => began(one) - began(other));
    const rows = await describeRings(services, rings);
    return pick(rings, rows, { before, filter, now, isCut });
  },
);

async function findBegun({ db }: Services, filter: RingFilter, { since }: Cursor) {
  const { docs } = await narrowRings(ringsRef(db), filter)
    .where("createdAt", ">=", Timestamp.fromMillis(Math.max(0, since - overlapMs)))
    .orderBy("createdAt", "desc")
    .limit(maxNew + 1)
    .get();
  return { begun: docs.slice(0, maxNew).flatMap((doc) => readStored(doc) ?? []), isCut: docs.length > maxNew };
}

/** The rings of the cursor that are not among the new ones. */
async function findFollowed({ db }: Services, { seen }: Cursor, begun: readonly StoredRing[]) {
  const known = new Set(begun.map(({ id }) => id));
  const others = seen.map(([id]) => id).filter((id) => !known.has(id));
  if (others.length === 0) return [];
  const snapshots = await db.getAll(...others.map((id) => ringRef(db, id)));
  return snapshots.flatMap((snapshot) => readStored(snapshot) ?? []);
}

interface Judging {
  readonly before: Cursor;
  readonly filter: RingFilter;
  readonly now: number;
  readonly isCut: boolean;
}

/** The rows that changed, and the next cursor: it keeps the rings that may change, and those that would come again as new. */
function pick(rings: readonly StoredRing[], rows: readonly RingRow[], { before, filter, now, isCut }: Judging): Tail {
  const shownBefore = new Map(before.seen);
  const shown: RingRow[] = [];
  const seen: [string, string][] = [];
  for (const [nth, stored] of rings.entries()) {
    const row = rows[nth];
    if (row === undefined) continue;
    const last = shownBefore.get(stored.id) ?? "";
    const isWanted = last !== "" || fits(stored.ring, filter, now);
    const current = isWanted ? digestOf(row) : "";
    if (current !== last) shown.push(row);
    if (mayChange(stored, now) || began(stored) >= now - overlapMs) seen.push([stored.id, current]);
  }
  const askAgainMs = rings.length < busyFrom ? calmMs : busyMs;
  const nextCursor = writeCursor({ since: now, seen: seen.slice(-maxSeen) });
  // A ring that the cursor has no room for would stay on the page as it was shown last.
  return { rows: shown, cursor: nextCursor, askAgainMs, isCut: isCut || seen.length > maxSeen };
}

/** Whether a ring may still change, but for the end of a call that was answered. */
function mayChange({ ring }: StoredRing, now: number): boolean {
  return now < ring.ringEndsAt.toMillis() + settlingMs;
}

function began({ ring }: StoredRing): number {
  return ring.createdAt.toMillis();
}

function digestOf(row: RingRow): string {
  return createHash("sha256").update(JSON.stringify(row)).digest("base64url").slice(0, 11);
}

import type { Timestamp } from "firebase-admin/firestore";
import type { EndReason } from "../../wire.ts";
import { forbiddenSince, type EndMark } from "../ends.ts";
import { isLiving } from "../group.ts";
import { findRecent } from "../recent-ring.ts";
import { buildRingId, type StoredRing } from "../ring.ts";
import type { Announcement } from "./announcement.ts";

/** The conditions for creating a ring. */
export interface Plan {
  readonly ringId: string;
  /** Number of rings of the exten without a `ring_id`: the ring is created only if there is not one more. */
  readonly unnamed: number;
  /** Recorded ends that do not forbid the ring, by id. */
  readonly passed: ReadonlyMap<string, StoredEnd>;
}

/** A recorded end. */
export interface StoredEnd {
  readonly id: string;
  readonly mark: EndMark;
  readonly updateTime: Timestamp;
}

/** The records of a call: its rings, oldest first, and the ends that concern the announcement. */
export interface Seen {
  readonly rings: readonly StoredRing[];
  readonly ends: readonly StoredEnd[];
}

/** What an announcement finds in the records. */
export type Met =
  /** The ring that this request itself created; the answer to its write was lost. */
  | { readonly kind: "own"; readonly stored: StoredRing }
  /** A ring that it repeats. */
  | { readonly kind: "repeated"; readonly ringId: string }
  /** A ring that it would repeat, but that has just ended. */
  | { readonly kind: "over"; readonly ringId: string }
  /** A living ring of the exten without a `ring_id`. */
  | { readonly kind: "nameless"; readonly ringId: string; readonly plan: Plan }
  /** An end that came before the announcement. */
  | { readonly kind: "forbidden"; readonly ringId: string; readonly reason: EndReason; readonly at: Timestamp }
  /** Nothing that affects it. */
  | { readonly kind: "free"; readonly plan: Plan };

/** The first plan of an announcement: it assumes that there are no records. */
export function planFirst(announcement: Announcement): Plan {
  const ringId = buildRingId(announcement, announcement.exten, announcement.pbxRingId ?? 0);
  return { ringId, unnamed: 0, passed: new Map() };
}

/** Decides what an announcement has found; `by` is the id of its request. */
export function judge(announcement: Announcement, by: string, { rings, ends }: Seen, now: number): Met {
  const { exten, pbxRingId } = announcement;
  const ofExten = rings.filter(({ ring }) => ring.exten === exten);
  const own = ofExten.find(({ ring }) => ring.claim.by === by);
  if (own !== undefined) return { kind: "own", stored: own };
  const known = pbxRingId === undefined ? findRecent(ofExten, now) : findNamed(ofExten, announcement, pbxRingId);
  if (known !== undefined) return known;
  const plan = planNext(announcement, ofExten, ends);
  for (const { mark } of ends) {
    const at = forbiddenSince(mark, exten, now);
    if (at !== undefined) return { kind: "forbidden", ringId: plan.ringId, reason: mark.reason, at };
  }
  const nameless = ofExten.findLast(({ ring }) => ring.pbxRingId === undefined && isLiving(ring, now));
  if (nameless !== undefined) return { kind: "nameless", ringId: nameless.id, plan };
  return { kind: "free", plan };
}

/** An announcement with a `ring_id` repeats the ring that has it: one created with it, or one that adopted it. */
function findNamed(ofExten: readonly StoredRing[], announcement: Announcement, pbxRingId: string): Met | undefined {
  const ringId = buildRingId(announcement, announcement.exten, pbxRingId);
  const named = ofExten.find(({ id, ring }) => id === ringId || ring.pbxRingId === pbxRingId);
  return named && { kind: "repeated", ringId: named.id };
}

function planNext(announcement: Announcement, ofExten: readonly StoredRing[], ends: readonly StoredEnd[]): Plan {
  const { exten, pbxRingId } = announcement;
  const ids = new Set(ofExten.map(({ id }) => id));
  let unnamed = 0;
  while (ids.has(buildRingId(announcement, exten, unnamed))) unnamed += 1;
  const passed = new Map(ends.map((end) => [end.id, end]));
  return { ringId: buildRingId(announcement, exten, pbxRingId ?? unnamed), unnamed, passed };
}

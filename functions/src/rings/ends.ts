import { Timestamp, type DocumentReference, type DocumentSnapshot, type Firestore } from "firebase-admin/firestore";
import { matchesPattern } from "../exten-pattern.ts";
import type { EndReason } from "../wire.ts";
import { historyMs, type CallName } from "./ring.ts";
import { buildUuid } from "./uuid.ts";

/** What an end names: rings of one `ring_id`, of one exten, of both, or the call. */
export interface EndTarget extends CallName {
  readonly pbxRingId?: string | undefined;
  readonly exten?: string | undefined;
}

/** `ends/{id}`: an end that may have come before what it ends. */
export interface EndMark {
  readonly reason: EndReason;
  /** When extens were ended last, by the patterns of the keys that did; `*` stands for all extens. */
  readonly reach: Readonly<Record<string, Timestamp>>;
  /** A `ring_id` is closed for good; a call or an exten for {@link rememberedMs}. */
  readonly isForGood: boolean;
  readonly removeAt: Timestamp;
}

/** How long an end that names no `ring_id` is remembered, in milliseconds: longer than a request may be under way. */
export const rememberedMs = 10_000;

/** The document that an end leaves. */
export function endRef(db: Firestore, { pbxId, linkedId, exten = "", pbxRingId = "" }: EndTarget): DocumentReference {
  return db.collection("ends").doc(buildUuid(pbxId, linkedId, exten, pbxRingId));
}

/** A ring that an end may name. */
export type Endable = EndTarget & { readonly exten: string };

/** Every document that an end of this ring may have left. */
export function endRefsOf(db: Firestore, ring: Endable): readonly DocumentReference[] {
  const { pbxId, linkedId, exten } = ring;
  const unnamed = [
    { pbxId, linkedId },
    { pbxId, linkedId, exten },
  ].map((target) => endRef(db, target));
  return [...unnamed, ...namedEndRefsOf(db, ring)];
}

/** The documents that an end by the ring's `ring_id` may have left. */
export function namedEndRefsOf(db: Firestore, ring: Endable): readonly DocumentReference[] {
  const { pbxId, linkedId, exten, pbxRingId } = ring;
  if (pbxRingId === undefined) return [];
  return [
    { pbxId, linkedId, pbxRingId },
    { pbxId, linkedId, exten, pbxRingId },
  ].map((target) => endRef(db, target));
}

/** The document of an end. */
export function buildEndMark(
  {
    pbxRingId,
    reason,
    extens = ["*"],
  }: EndTarget & { readonly reason: EndReason; readonly extens?: readonly string[] | undefined },
  now: number,
): EndMark {
  const at = Timestamp.fromMillis(now);
  return {
    reason,
    reach: Object.fromEntries(extens.map((pattern) => [pattern, at])),
    isForGood: pbxRingId !== undefined,
    removeAt: Timestamp.fromMillis(now + historyMs),
  };
}

/** Reads a snapshot that exists; only this folder writes ends, so their shape is trusted. */
export function readEndMark(snapshot: DocumentSnapshot): EndMark {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return snapshot.data() as EndMark;
}

/** A mark that forbids what either of two of the same end does. */
export function mergeMarks(known: EndMark, added: EndMark): EndMark {
  return { ...added, reach: { ...known.reach, ...added.reach } };
}

/** Whether an end still forbids any ring. */
export function isRemembered({ reach, isForGood }: EndMark, now: number): boolean {
  return isForGood || Object.values(reach).some((at) => now - at.toMillis() < rememberedMs);
}

/** Since when an end forbids a ring of this exten; `undefined` when it does not, or no longer. */
export function forbiddenSince({ reach, isForGood }: EndMark, exten: string, now: number): Timestamp | undefined {
  const [, at] =
    Object.entries(reach).find(([pattern, time]) => {
      return matchesPattern(pattern, exten) && (isForGood || now - time.toMillis() < rememberedMs);
    }) ?? [];
  return at;
}

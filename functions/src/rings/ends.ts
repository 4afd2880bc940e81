import { Timestamp, type DocumentReference, type DocumentSnapshot, type Firestore } from "firebase-admin/firestore";
import { matchesPattern } from "../exten-pattern.ts";
import type { EndReason } from "../wire.ts";
import { historyMs, type CallName } from "./ring.ts";
import { buildUuid } from "../uuid.ts";

/** What an end names: rings of one `ring_id`, of one exten, of both, or the call. */
export interface EndTarget extends CallName {
  readonly pbxRingId?: string | undefined;
  readonly exten?: string | undefined;
}

/** `ends/{id}`: an end, which may arrive before the ring that it ends. */
export interface EndMark {
  readonly reason: EndReason;
  /** When extens were last ended, by the exten patterns of the keys that did it; `*` means all extens. */
  readonly reach: Readonly<Record<string, Timestamp>>;
  /** A `ring_id` is closed for good; a call or an exten for {@link rememberedMs}. */
  readonly isForGood: boolean;
  readonly removeAt: Timestamp;
}

/** How long an end that names no `ring_id` is remembered, in milliseconds: longer than a request may take. */
export const rememberedMs = 10_000;

/** The reference to an end's document. */
export function endRef(db: Firestore, { pbxId, linkedId, exten = "", pbxRingId = "" }: EndTarget): DocumentReference {
  return db.collection("ends").doc(buildUuid(pbxId, linkedId, exten, pbxRingId));
}

/** A ring that an end may name. */
export type Endable = EndTarget & { readonly exten: string };

/** All documents that an end of this ring may have written. */
export function endRefsOf(db: Firestore, ring: Endable): readonly DocumentReference[] {
  const { pbxId, linkedId, exten } = ring;
  const unnamed = [
    { pbxId, linkedId },
    { pbxId, linkedId, exten },
  ].map((target) => endRef(db, target));
  return [...unnamed, ...namedEndRefsOf(db, ring)];
}

/** The documents that an end by the ring's `ring_id` may have written. */
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

/** Merges two marks of the same end: the result forbids what either of them forbids. */
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

import { Timestamp, type Query } from "firebase-admin/firestore";
import { readPages } from "../firestore/pages.ts";
import type { Services } from "../services.ts";
import { readStored, ringsRef, type StoredRing } from "./ring.ts";

/** Which rings are listed. Of extens, user and PBX only the first that is given is Firestore's work: each has an index. */
export interface RingSpan {
  /** The extens as PBXs wrote them, at most thirty. */
  readonly extens?: readonly string[] | undefined;
  readonly uid?: string | undefined;
  readonly pbxId?: string | undefined;
  /** When they began, in milliseconds since the epoch; both ends belong to it. */
  readonly from: number;
  readonly to: number;
}

/** The rings of a time in pages, newest first. What Firestore was not asked for is left to the caller. */
export async function* listRings(
  { db }: Pick<Services, "db">,
  span: RingSpan,
  pageSize: number,
): AsyncGenerator<readonly StoredRing[], void, undefined> {
  const query = narrowRings(ringsRef(db), span)
    .where("createdAt", ">=", Timestamp.fromMillis(span.from))
    // To the end of the millisecond: Firestore's times have microseconds.
    .where("createdAt", "<", Timestamp.fromMillis(span.to + 1))
    .orderBy("createdAt", "desc");
  for await (const page of readPages(query, pageSize)) yield page.flatMap((doc) => readStored(doc) ?? []);
}

/** Firestore's part of a choice of rings. */
export function narrowRings(query: Query, { extens, uid, pbxId }: Pick<RingSpan, "extens" | "uid" | "pbxId">): Query {
  if (extens !== undefined) return query.where("exten", "in", [...extens]);
  if (uid !== undefined) return query.where("uid", "==", uid);
  return pbxId === undefined ? query : query.where("pbxId", "==", pbxId);
}

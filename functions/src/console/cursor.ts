import { FieldPath, Timestamp, type Query, type QueryDocumentSnapshot } from "firebase-admin/firestore";
import { z } from "zod";
import { documentId } from "../parse-input.ts";
import type { Page } from "./wire.ts";

/** A text of any JSON value, for URLs. */
export function writeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A cursor that holds a value of a schema. It is a place in a list, and gives no right: it is not signed. */
export function cursorOf<Schema extends z.ZodType>(schema: Schema, maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .transform((text, context): z.output<Schema> => {
      const parsed = schema.safeParse(parse(text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: "custom", message: "must be the cursor of an answer" });
      return z.NEVER;
    });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}

const listedId = documentId(/^[^/\p{Cc}\p{Cs}]{1,400}$/u, "must be an id");
const seconds = z.int().min(0).max(253_402_300_799);
const position = z.union([z.tuple([listedId]), z.tuple([listedId, seconds, z.int().min(0).max(999_999_999)])]);

/** The place of a document in a list: its id, and the time by which the list is sorted, if it is. */
export type Position = z.infer<typeof position>;

/** More than any position has. */
const maxPositionLength = 800;

/** What every list takes: at most a hundred rows, after a place. */
export const pageInput = {
  limit: z.int().min(1).max(100).optional(),
  cursor: cursorOf(position, maxPositionLength).optional(),
};

/** A list that is read in pages. */
export interface Listing<Row> {
  readonly query: Query;
  /** The field, a time, by which it is sorted; by id alone if absent. */
  readonly sortedBy?: string;
  readonly direction?: "asc" | "desc";
  /** Whether `read` leaves many documents out: then more are read at once. */
  readonly leavesOut?: boolean;
  /** A row of the list, or `undefined` if the document does not belong to it. */
  readonly read: (document: QueryDocumentSnapshot) => Row | undefined;
}

const usualLimit = 50;

/** Documents that a request reads at once for a list that leaves many out, and in all. */
const atOnce = 100;
const maxRead = 500;

/** Reads one page of a list. A list that leaves documents out may give a short page although there are more. */
export async function readPage<Row>(
  listing: Listing<Row>,
  { limit = usualLimit, cursor }: { readonly limit?: number | undefined; readonly cursor?: Position | undefined },
): Promise<Page<Row>> {
  const { query, sortedBy, direction = "asc", read, leavesOut = false } = listing;
  const byId = FieldPath.documentId();
  const sorted = (sortedBy === undefined ? query : query.orderBy(sortedBy, direction)).orderBy(byId, direction);
  const large = Math.max(limit, atOnce);
  let size = leavesOut ? large : limit;
  const rows: Row[] = [];
  let after = cursor;
  for (let count = 0; count < maxRead; count += size, size = large) {
    // One more than is shown tells whether there is another page.
    const { docs } = await startAfter(sorted, after, sortedBy)
      .limit(size + 1)
      .get();
    for (const [nth, document] of docs.slice(0, size).entries()) {
      after = positionOf(document, sortedBy);
      const row = read(document);
      if (row !== undefined) rows.push(row);
      const hasMore = nth < docs.length - 1;
      if (rows.length === limit) return { rows, ...(hasMore && { next: writeCursor(after) }) };
    }
    if (docs.length <= size) return { rows };
  }
  return { rows, ...(after !== undefined && { next: writeCursor(after) }) };
}

function startAfter(query: Query, after: Position | undefined, sortedBy: string | undefined): Query {
  if (after === undefined) return query;
  const [id, secondsAt = 0, nanos = 0] = after;
  return sortedBy === undefined ? query.startAfter(id) : query.startAfter(new Timestamp(secondsAt, nanos), id);
}

function positionOf(document: QueryDocumentSnapshot, sortedBy: string | undefined): Position {
  if (sortedBy === undefined) return [document.id];
  const at: unknown = document.get(sortedBy);
  if (!(at instanceof Timestamp)) throw new TypeError(`${document.ref.path} has no time ${sortedBy}`);
  return [document.id, at.seconds, at.nanoseconds];
}

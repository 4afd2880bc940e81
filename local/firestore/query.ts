import { status } from "@grpc/grpc-js";

import type { Database } from "./database.ts";
import { getField, parseFieldPath } from "./field-path.ts";
import { buildFilter, type WireFilter } from "./filters.ts";
import { assertFilterIsAllowed, comparesFields, findInequalities } from "./query-rules.ts";
import { requireIndex } from "./require-index.ts";
import { RpcError, unimplemented } from "./rpc-error.ts";
import type { Source, StoredDocument } from "./store.ts";
import { compareStrings, compareValues } from "./values.ts";
import type { WireValue } from "./wire.ts";

interface WireField {
  fieldPath?: string;
}

interface WireCursor {
  values?: WireValue[];
  before?: boolean;
}

/** google.firestore.v1.StructuredQuery. */
export interface WireStructuredQuery {
  select?: { fields?: WireField[] };
  from?: { collectionId?: string; allDescendants?: boolean }[];
  where?: WireFilter;
  orderBy?: { field?: WireField; direction?: string }[];
  startAt?: WireCursor;
  endAt?: WireCursor;
  offset?: number;
  limit?: { value?: number };
  findNearest?: object;
}

/** The query of a RunQueryRequest or of a listen target. */
export interface WireQuery {
  parent: string;
  structuredQuery?: WireStructuredQuery;
  explainOptions?: object;
}

/** A query ready to run. */
export interface Query {
  readonly source: Source;
  /** The fields to return; `undefined` for all. */
  readonly mask: { fieldPaths: string[] } | undefined;
  /** The matching documents in the query's order, now or at an earlier time. */
  run(time?: number): StoredDocument[];
}

type Read = (document: StoredDocument) => WireValue | undefined;

/** One field of the order: 1 is ascending, -1 descending. */
interface Order {
  readonly fieldPath: string;
  readonly sign: number;
  readonly read: Read;
}

/**
 * Builds a query. Throws INVALID_ARGUMENT or FAILED_PRECONDITION for a query that Firestore would refuse, or whose index is
 * missing where indexes are enforced, and UNIMPLEMENTED for what this server cannot do. A document must have `required` fields.
 */
export function buildQuery(database: Database, request: WireQuery, required: readonly string[] = []): Query {
  const { structuredQuery = {}, explainOptions } = request;
  const { from = [], where, orderBy = [], startAt, endAt, select, limit, offset = 0, findNearest } = structuredQuery;
  if (explainOptions !== undefined) throw unimplemented("explain_options");
  if (findNearest !== undefined) throw unimplemented("StructuredQuery.find_nearest");
  const [{ collectionId, allDescendants = false } = {}, ...more] = from;
  if (from.length === 0 || more.length > 0)
    refuse("A query must select one collection, or all collections with one id");
  if (offset < 0 || (limit?.value ?? 0) < 0) refuse("A query's offset and limit must not be negative");
  assertFilterIsAllowed(where);
  if (database.indexes !== undefined) requireIndex(database.indexes, structuredQuery);
  const source = { parent: database.pathOf(request.parent), collectionId: collectionId || undefined, allDescendants };
  const reader = (fieldPath: string) => buildReader(database, fieldPath);
  const matches = where === undefined ? () => true : buildFilter(where, reader);
  const orders = buildOrders(orderBy, findInequalities(where), required, reader);
  if (orders[0]?.fieldPath === "__name__" && orders[0].sign < 0 && !comparesFields(where)) {
    throw new RpcError(status.FAILED_PRECONDITION, "Firestore does not read documents by their names backwards");
  }
  const isAfter = buildBound(orders, orderBy.length, startAt, (order, before) => order > 0 || (order === 0 && before));
  const isBefore = buildBound(orders, orderBy.length, endAt, (order, before) => order < 0 || (order === 0 && !before));
  const end = limit === undefined ? undefined : offset + (limit.value ?? 0);
  return {
    source,
    mask: select && { fieldPaths: (select.fields ?? []).flatMap(({ fieldPath }) => fieldPath ?? []) },
    run: (time) =>
      database.store
        .find(source, time)
        .filter((document) => matches(document))
        .flatMap((document) => buildRow(orders, document) ?? [])
        .filter(({ keys }) => isAfter(keys) && isBefore(keys))
        .toSorted((one, other) => compareKeys(orders, one.keys, other.keys))
        .slice(offset, end)
        .map(({ document }) => document),
  };
}

function buildReader(database: Database, fieldPath: string): Read {
  if (fieldPath === "__name__") {
    return ({ path }) => ({ valueType: "referenceValue", referenceValue: database.nameOf(path) });
  }
  const keys = parseFieldPath(fieldPath);
  return ({ fields }) => getField(fields, keys);
}

/** The requested order, then the fields of inequalities, then the `required` fields, then the name, which makes it total. */
function buildOrders(
  orderBy: NonNullable<WireStructuredQuery["orderBy"]>,
  inequalities: ReadonlySet<string>,
  required: readonly string[],
  reader: (fieldPath: string) => Read,
): Order[] {
  const asked = orderBy.map(({ field, direction }) => ({
    fieldPath: field?.fieldPath ?? "",
    sign: direction === "DESCENDING" ? -1 : 1,
  }));
  const sign = asked.at(-1)?.sign ?? 1;
  const taken = new Set(asked.map(({ fieldPath }) => fieldPath));
  const implicit = new Set([...inequalities].toSorted(compareStrings).concat(required.toSorted(compareStrings)));
  const others = [...implicit].filter((fieldPath) => fieldPath !== "__name__" && !taken.has(fieldPath));
  const all = [...asked, ...others.map((fieldPath) => ({ fieldPath, sign }))];
  const name = all.findIndex(({ fieldPath }) => fieldPath === "__name__");
  if (taken.size < asked.length) refuse("A query's order has a field twice");
  if (name !== -1 && name < all.length - 1) refuse("A query's order ends with the document's name");
  if (name === -1) all.push({ fieldPath: "__name__", sign });
  return all.map((order) => ({ ...order, read: reader(order.fieldPath) }));
}

interface Row {
  readonly document: StoredDocument;
  readonly keys: readonly WireValue[];
}

/** The sort keys of a document; `undefined`, for no match, if it lacks one of the fields. */
function buildRow(orders: readonly Order[], document: StoredDocument): Row | undefined {
  const keys: WireValue[] = [];
  for (const { read } of orders) {
    const key = read(document);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return { document, keys };
}

function compareKeys(orders: readonly Order[], one: readonly WireValue[], other: readonly WireValue[]): number {
  for (const [at, { sign }] of orders.entries()) {
    const [key, otherKey] = [one[at], other[at]];
    const order = key === undefined || otherKey === undefined ? 0 : sign * compareValues(key, otherKey);
    if (order !== 0) return order;
  }
  return 0;
}

function buildBound(
  orders: readonly Order[],
  asked: number,
  cursor: WireCursor | undefined,
  accepts: (order: number, before: boolean) => boolean,
): (keys: readonly WireValue[]) => boolean {
  if (cursor === undefined) return () => true;
  const { values = [], before = false } = cursor;
  if (values.length > asked) refuse(`A cursor has ${values.length} values, the query's order ${asked} fields`);
  if (values.some((value, at) => orders[at]?.fieldPath === "__name__" && value.referenceValue === undefined)) {
    refuse("A cursor's value for the document's name must be a reference");
  }
  return (keys) => accepts(compareKeys(orders, keys, values), before);
}

function refuse(reason: string): never {
  throw new RpcError(status.INVALID_ARGUMENT, reason);
}

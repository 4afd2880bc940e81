// https://firebase.google.com/docs/firestore/query-data/index-overview
import type { IndexedField } from "./index-config.ts";

/** The part of google.firestore.v1.StructuredQuery that decides which index is needed. */
export interface IndexableQuery {
  from?: { collectionId?: string; allDescendants?: boolean }[];
  where?: IndexableFilter;
  orderBy?: { field?: FieldReference; direction?: string }[];
}

interface IndexableFilter {
  compositeFilter?: { filters?: IndexableFilter[] };
  fieldFilter?: { field?: FieldReference; op?: string };
  unaryFilter?: { field?: FieldReference; op?: string };
}

interface FieldReference {
  fieldPath?: string;
}

/** The fields that an index must have: first those compared for equality, in any order, then the sorted ones, in their order. */
export interface Need {
  readonly collection: string;
  readonly scope: string;
  readonly equal: readonly IndexedField[];
  readonly sorted: readonly IndexedField[];
}

const equalities = new Set(["EQUAL", "IN", "IS_NULL", "IS_NAN", "ARRAY_CONTAINS", "ARRAY_CONTAINS_ANY"]);

function isEquality(op: string): boolean {
  return equalities.has(op);
}

/** The index that a query needs. */
export function describeNeed({ from = [], where, orderBy = [] }: IndexableQuery): Need {
  const [{ collectionId: collection = "", allDescendants = false } = {}] = from;
  const filters = [...leavesOf(where)].filter(({ fieldPath }) => fieldPath !== "__name__");
  const orders = orderBy.map(({ field, direction }) => sortedBy(field?.fieldPath ?? "", direction));
  const last = orders.at(-1)?.order;
  const compared = filters.filter(({ op }) => !isEquality(op));
  const sorted = [...orders, ...compared.map(({ fieldPath }) => sortedBy(fieldPath, last))];
  return {
    collection,
    scope: allDescendants ? "COLLECTION_GROUP" : "COLLECTION",
    equal: unique(filters.filter(({ op }) => isEquality(op)).map(equalTo)),
    sorted: unique(sorted.filter(({ fieldPath }) => fieldPath !== "__name__")),
  };
}

function* leavesOf(filter: IndexableFilter | undefined): Generator<{ fieldPath: string; op: string }> {
  const { compositeFilter, fieldFilter, unaryFilter } = filter ?? {};
  const leaf = fieldFilter ?? unaryFilter;
  if (leaf !== undefined) yield { fieldPath: leaf.field?.fieldPath ?? "", op: leaf.op ?? "" };
  for (const inner of compositeFilter?.filters ?? []) yield* leavesOf(inner);
}

function equalTo({ fieldPath, op }: { fieldPath: string; op: string }): IndexedField {
  return op.startsWith("ARRAY_CONTAINS") ? { fieldPath, arrayConfig: "CONTAINS" } : { fieldPath };
}

function sortedBy(fieldPath: string, direction: string | undefined) {
  return { fieldPath, order: direction === "DESCENDING" ? "DESCENDING" : "ASCENDING" };
}

function unique<Field extends IndexedField>(fields: readonly Field[]): Field[] {
  return fields.filter(({ fieldPath }, at) => fields.findIndex((other) => other.fieldPath === fieldPath) === at);
}

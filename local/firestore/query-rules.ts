// https://firebase.google.com/docs/firestore/query-data/queries#query_limitations
import { status } from "@grpc/grpc-js";

import type { WireFilter } from "./filters.ts";
import { RpcError } from "./rpc-error.ts";

const maxDisjunctions = 30;
const maxNotIn = 10;
const maxInequalities = 10;

const inequalities = new Set([
  "LESS_THAN",
  "LESS_THAN_OR_EQUAL",
  "GREATER_THAN",
  "GREATER_THAN_OR_EQUAL",
  "NOT_EQUAL",
  "NOT_IN",
  "IS_NOT_NULL",
  "IS_NOT_NAN",
]);

/** The fields with inequality filters. */
export function findInequalities(where: WireFilter | undefined): Set<string> {
  const leaves = where === undefined ? [] : [...leavesOf(where)];
  return new Set(leaves.filter(({ op }) => inequalities.has(op)).map(({ fieldPath }) => fieldPath));
}

/** Whether a filter compares a field other than the document's name. */
export function comparesFields(where: WireFilter | undefined): boolean {
  return (
    where !== undefined && [...leavesOf(where)].some(({ fieldPath }) => fieldPath !== "" && fieldPath !== "__name__")
  );
}

/** Throws INVALID_ARGUMENT for a filter that Firestore would refuse. */
export function assertFilterIsAllowed(where: WireFilter | undefined): void {
  if (where === undefined) return;
  const leaves = [...leavesOf(where)];
  const uses = (...ops: string[]) => leaves.filter(({ op }) => ops.includes(op)).length;
  refuseIf(
    leaves.some(({ op, values }) => takesList(op) && values === 0),
    "A non-empty array is required for IN, NOT_IN and ARRAY_CONTAINS_ANY filters.",
  );
  refuseIf(countDisjunctions(where) > maxDisjunctions, `A query can have at most ${maxDisjunctions} disjunctions.`);
  refuseIf(countArrayFilters(where) > 1, "A disjunction can have at most one ARRAY_CONTAINS or ARRAY_CONTAINS_ANY.");
  refuseIf(
    uses("NOT_EQUAL", "NOT_IN", "IS_NOT_NULL", "IS_NOT_NAN") > 1,
    "A query can have one of NOT_EQUAL, NOT_IN, IS_NOT_NULL and IS_NOT_NAN.",
  );
  refuseIf(
    findInequalities(where).size > maxInequalities,
    `A query can have inequalities of at most ${maxInequalities} fields.`,
  );
  refuseIf(uses("NOT_IN") > 0 && uses("IN", "ARRAY_CONTAINS_ANY", "OR") > 0, notInAlone);
  refuseIf(
    leaves.some(({ op, values }) => op === "NOT_IN" && values > maxNotIn),
    `NOT_IN supports up to ${maxNotIn} comparison values.`,
  );
}

const notInAlone = "NOT_IN cannot be combined with IN, ARRAY_CONTAINS_ANY or OR.";

interface Leaf {
  op: string;
  fieldPath: string;
  values: number;
}

function* leavesOf({ compositeFilter, fieldFilter, unaryFilter }: WireFilter): Generator<Leaf> {
  const { op = "" } = compositeFilter ?? fieldFilter ?? unaryFilter ?? {};
  const { fieldPath = "" } = (fieldFilter ?? unaryFilter)?.field ?? {};
  yield { op, fieldPath, values: fieldFilter?.value?.arrayValue?.values?.length ?? 0 };
  for (const filter of compositeFilter?.filters ?? []) yield* leavesOf(filter);
}

function countDisjunctions({ compositeFilter, fieldFilter }: WireFilter): number {
  if (compositeFilter !== undefined) {
    const counts = (compositeFilter.filters ?? []).map((filter) => countDisjunctions(filter));
    return compositeFilter.op === "OR"
      ? counts.reduce((sum, count) => sum + count, 0)
      : counts.reduce((product, count) => product * count, 1);
  }
  const splits = fieldFilter?.op === "IN" || fieldFilter?.op === "ARRAY_CONTAINS_ANY";
  return splits ? (fieldFilter.value?.arrayValue?.values?.length ?? 0) : 1;
}

function countArrayFilters({ compositeFilter, fieldFilter }: WireFilter): number {
  if (compositeFilter === undefined) return fieldFilter?.op?.startsWith("ARRAY_CONTAINS") === true ? 1 : 0;
  const counts = (compositeFilter.filters ?? []).map((filter) => countArrayFilters(filter));
  return compositeFilter.op === "OR" ? Math.max(0, ...counts) : counts.reduce((sum, count) => sum + count, 0);
}

function takesList(op: string): boolean {
  return op === "IN" || op === "NOT_IN" || op === "ARRAY_CONTAINS_ANY";
}

function refuseIf(forbidden: boolean, message: string): void {
  if (forbidden) throw new RpcError(status.INVALID_ARGUMENT, message);
}

// https://firebase.google.com/docs/firestore/query-data/aggregation-queries
import { status } from "@grpc/grpc-js";

import { getField, parseFieldPath } from "./field-path.ts";
import { RpcError } from "./rpc-error.ts";
import type { StoredDocument } from "./store.ts";
import { numberOf } from "./values.ts";
import type { WireFields, WireValue } from "./wire.ts";

/** google.firestore.v1.StructuredAggregationQuery.Aggregation. */
export interface WireAggregation {
  alias?: string;
  count?: { upTo?: { value?: string } };
  sum?: { field?: { fieldPath?: string } };
  avg?: { field?: { fieldPath?: string } };
}

const maxAggregations = 5;

/** The fields that aggregations read: only documents with all of them count. Throws INVALID_ARGUMENT where Firestore does. */
export function findAggregated(aggregations: readonly WireAggregation[]): string[] {
  const { length } = aggregations;
  if (length === 0 || length > maxAggregations) {
    throw new RpcError(
      status.INVALID_ARGUMENT,
      `An aggregation query has 1 to ${maxAggregations} aggregations, not ${length}`,
    );
  }
  const aliases = Object.keys(nameAll(aggregations));
  if (aliases.length < length) throw new RpcError(status.INVALID_ARGUMENT, "Two aggregations have one alias");
  return aggregations.flatMap(({ sum, avg }) => (sum ?? avg)?.field?.fieldPath ?? []);
}

/** The results by alias. */
export function aggregate(aggregations: readonly WireAggregation[], documents: readonly StoredDocument[]): WireFields {
  return Object.fromEntries(
    Object.entries(nameAll(aggregations)).map(([alias, one]) => [alias, answer(one, documents)]),
  );
}

function nameAll(aggregations: readonly WireAggregation[]): Record<string, WireAggregation> {
  return Object.fromEntries(aggregations.map((one, at) => [one.alias || `field_${at + 1}`, one]));
}

function answer({ count, sum, avg }: WireAggregation, documents: readonly StoredDocument[]): WireValue {
  if (count !== undefined) return integer(Math.min(documents.length, Number(count.upTo?.value ?? Infinity)));
  const keys = parseFieldPath((sum ?? avg)?.field?.fieldPath ?? "");
  const values = documents.flatMap(({ fields }) => getField(fields, keys) ?? []);
  const numbers = values.flatMap((value) => numberOf(value) ?? []);
  if (sum === undefined && numbers.length === 0) return { valueType: "nullValue", nullValue: "NULL_VALUE" };
  if (sum === undefined) return double(sumOf(numbers) / numbers.length);
  const total = values.some(({ doubleValue }) => doubleValue !== undefined)
    ? undefined
    : numbers.reduce((one: bigint, other) => one + BigInt(other), 0n);
  return total === undefined || total !== BigInt.asIntN(64, total) ? double(sumOf(numbers)) : integer(total);
}

/** A sum that compensates rounding errors: https://en.wikipedia.org/wiki/Kahan_summation_algorithm */
function sumOf(numbers: readonly (number | bigint)[]): number {
  let sum = 0;
  let lost = 0;
  for (const number of numbers.map(Number)) {
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

function integer(value: number | bigint): WireValue {
  return { valueType: "integerValue", integerValue: String(value) };
}

function double(doubleValue: number): WireValue {
  return { valueType: "doubleValue", doubleValue };
}

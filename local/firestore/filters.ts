// https://firebase.google.com/docs/firestore/query-data/queries
import { status } from "@grpc/grpc-js";

import { RpcError } from "./rpc-error.ts";
import { compareValues, isNullOrNaN, kindOf } from "./values.ts";
import type { WireValue } from "./wire.ts";

/** google.firestore.v1.StructuredQuery.Filter. */
export interface WireFilter {
  compositeFilter?: { op?: string; filters?: WireFilter[] };
  fieldFilter?: { op?: string; field?: { fieldPath?: string }; value?: WireValue };
  unaryFilter?: { op?: string; field?: { fieldPath?: string } };
}

/** Whether a subject matches a filter. */
export type Matches<Subject> = (subject: Subject) => boolean;

/** Returns a function that reads one field of a subject, `undefined` if the subject lacks it. */
export type Reader<Subject> = (fieldPath: string) => (subject: Subject) => WireValue | undefined;

const maxOperandBytes = 1500;

/** A filter as a function; throws INVALID_ARGUMENT for an invalid filter. */
export function buildFilter<Subject>(filter: WireFilter, reader: Reader<Subject>): Matches<Subject> {
  const { compositeFilter, fieldFilter, unaryFilter } = filter;
  if (compositeFilter !== undefined) {
    const { op: join = "", filters = [] } = compositeFilter;
    const all = filters.map((inner) => buildFilter(inner, reader));
    if (join === "OR") return (subject) => all.some((matches) => matches(subject));
    if (join === "AND") return (subject) => all.every((matches) => matches(subject));
    refuse(`Filters are combined with AND or OR, not "${join}"`);
  }
  const { op = "", field } = fieldFilter ?? unaryFilter ?? {};
  const read = reader(field?.fieldPath ?? "");
  const test = fieldFilter === undefined ? unary[op] : binary[op]?.(takeOperand(fieldFilter));
  if (test === undefined) return refuse(`A filter has no operator "${op}"`);
  return (subject) => {
    const value = read(subject);
    return value !== undefined && test(value);
  };
}

/** Checks the operand of a filter and returns it; throws INVALID_ARGUMENT. */
function takeOperand({ op = "", field, value: operand = {} }: NonNullable<WireFilter["fieldFilter"]>): WireValue {
  const { fieldPath = "" } = field ?? {};
  if (operand.valueType === undefined) refuse(`The filter of ${fieldPath} lacks a value`);
  if ((op === "EQUAL" || op === "NOT_EQUAL") && isNullOrNaN(operand)) {
    refuse(`The filter of ${fieldPath} must be unary, as it is about null or NaN`);
  }
  if (Buffer.byteLength(operand.stringValue ?? operand.bytesValue ?? "") > maxOperandBytes) {
    refuse(`The filter of ${fieldPath} has a value of more than ${maxOperandBytes} bytes`);
  }
  if (fieldPath === "__name__" && listOf(operand).some(({ referenceValue }) => referenceValue === undefined)) {
    refuse("The filter of __name__ must compare with a document");
  }
  return operand;
}

function refuse(reason: string): never {
  throw new RpcError(status.INVALID_ARGUMENT, reason);
}

type Test = (value: WireValue) => boolean;

const unary: Record<string, Test> = {
  IS_NULL: ({ nullValue }) => nullValue !== undefined,
  IS_NAN: ({ doubleValue }) => Number.isNaN(doubleValue),
  IS_NOT_NULL: ({ nullValue }) => nullValue === undefined,
  IS_NOT_NAN: (value) => !isNullOrNaN(value),
};

const binary: Record<string, (operand: WireValue) => Test> = {
  EQUAL: (operand) => (value) => equals(value, operand),
  NOT_EQUAL: (operand) => (value) => value.nullValue === undefined && !equals(value, operand),
  LESS_THAN: (operand) => inRange(operand, (order) => order < 0),
  LESS_THAN_OR_EQUAL: (operand) => inRange(operand, (order) => order <= 0),
  GREATER_THAN: (operand) => inRange(operand, (order) => order > 0),
  GREATER_THAN_OR_EQUAL: (operand) => inRange(operand, (order) => order >= 0),
  ARRAY_CONTAINS: (operand) => (value) => itemsOf(value).some((item) => equals(item, operand)),
  IN: (operand) => {
    const wanted = findable(operand);
    return (value) => wanted.some((one) => equals(value, one));
  },
  ARRAY_CONTAINS_ANY: (operand) => {
    const wanted = findable(operand);
    return (value) => itemsOf(value).some((item) => wanted.some((one) => equals(item, one)));
  },
  NOT_IN: (operand) => {
    // NOT_IN with null matches nothing.
    if (itemsOf(operand).some(({ nullValue }) => nullValue !== undefined)) return () => false;
    const unwanted = findable(operand);
    return (value) => value.nullValue === undefined && !unwanted.some((one) => equals(value, one));
  },
};

function equals(one: WireValue, other: WireValue): boolean {
  return compareValues(one, other) === 0;
}

/** A range matches only values of the operand's kind, and never NaN or null. */
function inRange(operand: WireValue, accepts: (order: number) => boolean): Test {
  if (isNullOrNaN(operand)) return () => false;
  const kind = kindOf(operand);
  return (value) => kindOf(value) === kind && !isNullOrNaN(value) && accepts(compareValues(value, operand));
}

/** Only the unary filters match null and NaN. */
function findable(operand: WireValue): WireValue[] {
  return itemsOf(operand).filter((item) => !isNullOrNaN(item));
}

function itemsOf({ arrayValue }: WireValue): WireValue[] {
  return arrayValue?.values ?? [];
}

function listOf(operand: WireValue): WireValue[] {
  return operand.arrayValue === undefined ? [operand] : itemsOf(operand);
}

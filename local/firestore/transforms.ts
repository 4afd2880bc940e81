// https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#fieldtransform
import { status } from "@grpc/grpc-js";

import { takeValue } from "./check-fields.ts";
import { RpcError } from "./rpc-error.ts";
import { compareValues, numberOf, toTimestamp } from "./values.ts";
import type { WireTransform, WireValue } from "./wire.ts";

/** The new value of a field, and the result for the client. */
interface Transformed {
  readonly value: WireValue;
  readonly result: WireValue;
}

/** Applies a transform to a field's value, `undefined` if the field is missing. */
export function applyTransform(transform: WireTransform, before: WireValue | undefined, time: number): Transformed {
  const { setToServerValue, increment, maximum, minimum, appendMissingElements, removeAllFromArray } = transform;
  if (setToServerValue === "REQUEST_TIME") {
    return same({ valueType: "timestampValue", timestampValue: toTimestamp(time) });
  }
  if (increment !== undefined) return same(pick(before, takeNumber(increment), add));
  if (maximum !== undefined) return same(pick(before, takeNumber(maximum), extreme(1)));
  if (minimum !== undefined) return same(pick(before, takeNumber(minimum), extreme(-1)));
  const items = before?.arrayValue?.values ?? [];
  if (appendMissingElements !== undefined) {
    const union = [...items];
    for (const value of takeItems(appendMissingElements)) if (!includes(union, value)) union.push(value);
    return array(union);
  }
  if (removeAllFromArray !== undefined) {
    const removed = takeItems(removeAllFromArray);
    return array(items.filter((item) => !includes(removed, item)));
  }
  throw new RpcError(status.INVALID_ARGUMENT, "A field transform has no operation");
}

function same(value: WireValue): Transformed {
  return { value, result: value };
}

function array(values: WireValue[]): Transformed {
  return {
    value: { valueType: "arrayValue", arrayValue: { values } },
    result: { valueType: "nullValue", nullValue: "NULL_VALUE" },
  };
}

function takeItems({ values = [] }: { values?: WireValue[] }): WireValue[] {
  return takeValue({ valueType: "arrayValue", arrayValue: { values } }).arrayValue?.values ?? [];
}

function takeNumber(operand: WireValue): WireValue {
  if (numberOf(operand) !== undefined) return operand;
  throw new RpcError(status.INVALID_ARGUMENT, "The operand of increment, maximum and minimum must be a number");
}

function includes(values: readonly WireValue[], wanted: WireValue): boolean {
  return values.some((value) => compareValues(value, wanted) === 0);
}

/** A field that is not a number is set to the operand. */
function pick(
  before: WireValue | undefined,
  operand: WireValue,
  choose: (before: WireValue, operand: WireValue) => WireValue,
): WireValue {
  return before === undefined || numberOf(before) === undefined ? operand : choose(before, operand);
}

/** For 1 the greater of two numbers, for -1 the smaller. NaN always wins; of equal numbers, the first stays. */
function extreme(sign: number): (before: WireValue, operand: WireValue) => WireValue {
  return (before, operand) => {
    if (Number.isNaN(before.doubleValue)) return before;
    return Number.isNaN(operand.doubleValue) || sign * compareValues(operand, before) > 0 ? operand : before;
  };
}

/** Two integers add to an integer, clamped to 64 bits. */
function add(one: WireValue, other: WireValue): WireValue {
  if (one.integerValue !== undefined && other.integerValue !== undefined) {
    const sum = BigInt(one.integerValue) + BigInt(other.integerValue);
    const clamped = sum > 2n ** 63n - 1n ? 2n ** 63n - 1n : sum < -(2n ** 63n) ? -(2n ** 63n) : sum;
    return { valueType: "integerValue", integerValue: String(clamped) };
  }
  return { valueType: "doubleValue", doubleValue: Number(numberOf(one)) + Number(numberOf(other)) };
}

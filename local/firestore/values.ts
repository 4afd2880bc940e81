// How Firestore orders and compares values: https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering
import type { WireFields, WireTimestamp, WireValue } from "./wire.ts";

/** The order of values of different kinds. */
const kinds = [
  "nullValue",
  "booleanValue",
  "number",
  "timestampValue",
  "stringValue",
  "bytesValue",
  "referenceValue",
  "geoPointValue",
  "arrayValue",
  "vector",
  "mapValue",
] as const;

type Kind = (typeof kinds)[number];

/** The kind of a value: integers and doubles are both numbers, and a vector is not a map. */
export function kindOf(value: WireValue): Kind {
  const { valueType } = value;
  if (valueType === "integerValue" || valueType === "doubleValue") return "number";
  if (valueType === "mapValue" && isVector(value)) return "vector";
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one field that is set
  return valueType as Kind;
}

/** Whether a document can hold a value of this type: other types are for pipelines. */
export function isStorable(value: WireValue): boolean {
  return kinds.includes(kindOf(value));
}

/** Whether a value is a vector, which is encoded as a map with a type. */
export function isVector({ mapValue }: WireValue): boolean {
  return mapValue?.fields?.["__type__"]?.stringValue === "__vector__";
}

/** The fields of a map; undefined for anything else. */
export function fieldsOf(value: WireValue | undefined): WireFields | undefined {
  return value?.mapValue === undefined || isVector(value) ? undefined : (value.mapValue.fields ?? {});
}

/** A value's number; `undefined` if it is none. A bigint for an integer that a double cannot hold. */
export function numberOf({ integerValue, doubleValue }: WireValue): number | bigint | undefined {
  if (integerValue === undefined) return doubleValue;
  const number = Number(integerValue);
  return Number.isSafeInteger(number) ? number : BigInt(integerValue);
}

/** Whether a value is null or NaN, which only the unary filters match. */
export function isNullOrNaN(value: WireValue): boolean {
  return value.nullValue !== undefined || Number.isNaN(value.doubleValue);
}

/** Negative if `one` comes first, 0 if the two are equal. */
export function compareValues(one: WireValue, other: WireValue): number {
  const kind = kindOf(one);
  const otherKind = kindOf(other);
  if (kind !== otherKind) return kinds.indexOf(kind) - kinds.indexOf(otherKind);
  switch (kind) {
    case "nullValue":
      return 0;
    case "booleanValue":
      return Number(one.booleanValue) - Number(other.booleanValue);
    case "number":
      return compareNumbers(numberOf(one) ?? 0, numberOf(other) ?? 0);
    case "timestampValue":
      return compareTimestamps(one.timestampValue, other.timestampValue);
    case "stringValue":
      return compareStrings(one.stringValue ?? "", other.stringValue ?? "");
    case "bytesValue":
      return Buffer.compare(one.bytesValue ?? Buffer.alloc(0), other.bytesValue ?? Buffer.alloc(0));
    case "referenceValue":
      return comparePaths(one.referenceValue ?? "", other.referenceValue ?? "");
    case "geoPointValue":
      return compareLists(
        [one.geoPointValue?.latitude ?? 0, one.geoPointValue?.longitude ?? 0],
        [other.geoPointValue?.latitude ?? 0, other.geoPointValue?.longitude ?? 0],
        compareNumbers,
      );
    case "arrayValue":
      return compareLists(one.arrayValue?.values ?? [], other.arrayValue?.values ?? [], compareValues);
    case "vector":
      return compareVectors(one.mapValue?.fields?.["value"], other.mapValue?.fields?.["value"]);
    case "mapValue":
      return compareLists(entriesOf(one), entriesOf(other), compareEntries);
  }
}

/** Compares strings by their UTF-8 bytes. JavaScript's order differs for characters of two code units. */
export function compareStrings(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const unit = one.charCodeAt(at);
    const otherUnit = other.charCodeAt(at);
    if (unit === otherUnit) continue;
    const isSurrogate = (unit & 0xf800) === 0xd800;
    return isSurrogate === ((otherUnit & 0xf800) === 0xd800) ? unit - otherUnit : isSurrogate ? 1 : -1;
  }
  return one.length - other.length;
}

const numericId = /^__id(-?\d+)__$/;

/** Compares document paths segment by segment; numeric ids (`__id7__`) come first. */
export function comparePaths(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  if (at === one.length || at === other.length) return one.length - other.length;
  const start = one.lastIndexOf("/", at - 1) + 1;
  const [id = ""] = one.slice(start).split("/", 1);
  const [otherId = ""] = other.slice(start).split("/", 1);
  const number = numericId.exec(id)?.[1];
  const otherNumber = numericId.exec(otherId)?.[1];
  if (number === undefined && otherNumber === undefined) return compareStrings(id, otherId);
  if (number === undefined || otherNumber === undefined) return number === undefined ? 1 : -1;
  return compareNumbers(BigInt(number), BigInt(otherNumber));
}

function compareNumbers(one: number | bigint, other: number | bigint): number {
  if (one < other) return -1;
  if (one > other) return 1;
  return Number(Number.isNaN(other)) - Number(Number.isNaN(one));
}

function compareLists<Item>(one: Item[], other: Item[], compare: (one: Item, other: Item) => number): number {
  for (const [at, item] of one.entries()) {
    const otherItem = other[at];
    const order = otherItem === undefined ? 1 : compare(item, otherItem);
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

function compareVectors(one: WireValue | undefined, other: WireValue | undefined): number {
  const values = one?.arrayValue?.values ?? [];
  const otherValues = other?.arrayValue?.values ?? [];
  return values.length - otherValues.length || compareLists(values, otherValues, compareValues);
}

type Entry = [key: string, value: WireValue];

function entriesOf(value: WireValue): Entry[] {
  return Object.entries(fieldsOf(value) ?? {}).toSorted(([key], [otherKey]) => compareStrings(key, otherKey));
}

function compareEntries([key, value]: Entry, [otherKey, otherValue]: Entry): number {
  return compareStrings(key, otherKey) || compareValues(value, otherValue);
}

/** A timestamp cut to microseconds, Firestore's precision. A double of microseconds is inexact after the year 2255. */
export function truncateTimestamp({ seconds = 0, nanos = 0 }: WireTimestamp = {}) {
  return { seconds: String(seconds), nanos: nanos - (nanos % 1000) };
}

function compareTimestamps(one: WireTimestamp | undefined, other: WireTimestamp | undefined): number {
  const [cut, otherCut] = [truncateTimestamp(one), truncateTimestamp(other)];
  return Number(cut.seconds) - Number(otherCut.seconds) || cut.nanos - otherCut.nanos;
}

/** A time of this server's clock in microseconds since 1970. */
export function toMicros({ seconds = 0, nanos = 0 }: WireTimestamp = {}): number {
  return Number(seconds) * 1e6 + Math.floor(nanos / 1000);
}

/** The timestamp of a time in microseconds since 1970. */
export function toTimestamp(micros: number): WireTimestamp {
  const seconds = Math.floor(micros / 1e6);
  return { seconds: String(seconds), nanos: (micros - seconds * 1e6) * 1000 };
}

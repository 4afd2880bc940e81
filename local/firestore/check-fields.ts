// https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields
import { status } from "@grpc/grpc-js";

import { assertFieldName } from "./field-path.ts";
import { RpcError } from "./rpc-error.ts";
import { isStorable, isVector, numberOf, truncateTimestamp } from "./values.ts";
import type { WireFields, WireValue } from "./wire.ts";

const maxDepth = 20;
const maxVector = 2048;
const maxDocumentBytes = 1_048_576;
const documentName = /^projects\/[^/]+\/databases\/[^/]+\/documents(?:\/[^/]+\/[^/]+)+$/;
const years = { first: -62_135_596_800, last: 253_402_300_799 };

/** Checks fields from a client and normalizes them, so that equal values have equal forms. Throws INVALID_ARGUMENT. */
export function takeFields(fields: WireFields = {}, depth = 0): WireFields {
  for (const [name, value] of Object.entries(fields)) {
    assertFieldName(name);
    takeValue(value, depth);
  }
  return fields;
}

/** The same for one value. */
export function takeValue(value: WireValue, depth = 0): WireValue {
  const { timestampValue, geoPointValue, arrayValue, mapValue } = value;
  if (depth > maxDepth) refuse(`Values may lie ${maxDepth} levels deep`);
  if (timestampValue !== undefined) {
    const seconds = Number(timestampValue.seconds ?? 0);
    if (seconds < years.first || seconds > years.last)
      refuse(`The timestamp ${seconds} s is not in the years 1 to 9999`);
    const { nanos = 0 } = timestampValue;
    if (nanos < 0 || nanos > 999_999_999) refuse(`The timestamp has ${nanos} ns, not 0 to 999,999,999`);
    value.timestampValue = truncateTimestamp(timestampValue);
  } else if (geoPointValue !== undefined) {
    const { latitude = 0, longitude = 0 } = geoPointValue;
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
      refuse(`No point on earth: ${latitude}, ${longitude}`);
    value.geoPointValue = { latitude, longitude };
  } else if (arrayValue !== undefined) {
    const { values = [] } = arrayValue;
    if (values.some((item) => item.arrayValue !== undefined || isVector(item)))
      refuse("An array may not hold an array or a vector");
    value.arrayValue = { values: values.map((item) => takeValue(item, depth + 1)) };
  } else if (isVector(value)) {
    const values = mapValue?.fields?.["value"]?.arrayValue?.values ?? [];
    const isSound = values.length > 0 && values.every((item) => numberOf(item) !== undefined);
    if (!isSound || values.length > maxVector) refuse(`A vector holds 1 to ${maxVector} numbers`);
  } else if (mapValue !== undefined) {
    value.mapValue = { fields: takeFields(mapValue.fields, depth + 1) };
  } else if (value.referenceValue !== undefined && !documentName.test(value.referenceValue)) {
    refuse(`"${value.referenceValue}" does not name a document`);
  } else if (!isStorable(value)) {
    refuse("A value must have a type that documents can hold");
  }
  return value;
}

/** Throws INVALID_ARGUMENT for a document beyond 1 MiB: https://firebase.google.com/docs/firestore/storage-size */
export function assertSize(path: string, fields: WireFields): void {
  const bytes = sizeOfName(path) + 32 + sizeOfFields(fields);
  if (bytes > maxDocumentBytes) refuse(`The document ${path} has ${bytes} bytes, and may have ${maxDocumentBytes}`);
}

function sizeOfName(path: string): number {
  // Each id counts one byte more than its length, which is here the slash after it.
  return Buffer.byteLength(path) + 1 + 16;
}

function sizeOfFields(fields: WireFields): number {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + 1 + sizeOf(value), 0);
}

function sizeOf(value: WireValue): number {
  const { stringValue, bytesValue, referenceValue, arrayValue, mapValue } = value;
  if (stringValue !== undefined) return Buffer.byteLength(stringValue) + 1;
  if (bytesValue !== undefined) return bytesValue.length + 1;
  if (referenceValue !== undefined) return sizeOfName(referenceValue.split("/").slice(5).join("/"));
  if (arrayValue !== undefined) return (arrayValue.values ?? []).reduce((sum, item) => sum + sizeOf(item), 0);
  if (mapValue !== undefined) return sizeOfFields(mapValue.fields ?? {});
  if (value.geoPointValue !== undefined) return 16;
  return value.nullValue === undefined && value.booleanValue === undefined ? 8 : 1;
}

function refuse(reason: string): never {
  throw new RpcError(status.INVALID_ARGUMENT, reason);
}

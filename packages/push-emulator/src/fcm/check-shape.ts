import type { FieldViolation } from "./errors.ts";
import { isJsonObject } from "../json.ts";
import type { FieldType } from "./message-schema.ts";
import { SEND_REQUEST } from "./message-schema.ts";

type Path = string;

const INT32_MAX = 2 ** 31;
/** Protobuf's JSON also accepts a number as text; https://protobuf.dev/programming-guides/json/ */
const NUMBER_TEXT = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
/** Also accepted for numbers that may have a fraction. */
const NO_NUMBER_TEXT = /^(NaN|-?Infinity)$/;
const DURATION = /^-?\d+(\.\d{1,9})?s$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Everything that Google's JSON parser would refuse in a messages:send body: unknown names and wrong types. */
export function findShapeViolations(body: unknown): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (isJsonObject(body)) checkValue(body, SEND_REQUEST, "", violations);
  else {
    const description = "Invalid JSON payload received. Root element must be a message.";
    violations.push({ field: "", description });
  }
  return violations;
}

function checkValue(value: unknown, type: FieldType, path: Path, found: FieldViolation[]): void {
  // In protobuf's JSON null means absent.
  if (value === null) return;
  switch (type.kind) {
    case "message":
      return checkMessage(value, type, path, found);
    case "list":
      return checkList(value, type.of, path, found);
    case "stringMap":
      return checkStringMap(value, path, found);
    case "enum":
      if (!isEnumValue(value, type.values)) refuse(value, type.name, path, found);
      return;
    case "string":
    case "bool":
    case "int32":
    case "number":
    case "duration":
    case "timestamp":
    case "struct":
      if (!isScalar(value, type.kind)) refuse(value, SCALAR_NAMES[type.kind], path, found);
  }
}

/**
 * An enum value by name or by number, also as text. An unknown number is accepted as one of a newer FCM; as text it
 * must be known.
 */
function isEnumValue(value: unknown, names: ReadonlySet<string>): boolean {
  if (typeof value !== "string") return isInt32(value);
  return names.has(value.toUpperCase()) || (/^\d{1,3}$/.test(value) && Number(value) < names.size);
}

function isInt32(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= -INT32_MAX && value < INT32_MAX;
}

function readNumber(value: unknown): unknown {
  return typeof value === "string" && NUMBER_TEXT.test(value) ? Number(value) : value;
}

type Scalar = "string" | "bool" | "int32" | "number" | "duration" | "timestamp" | "struct";

const SCALAR_NAMES: Readonly<Record<Scalar, string>> = {
  string: "TYPE_STRING",
  bool: "TYPE_BOOL",
  int32: "TYPE_INT32",
  number: "TYPE_FLOAT",
  duration: "type.googleapis.com/google.protobuf.Duration",
  timestamp: "type.googleapis.com/google.protobuf.Timestamp",
  struct: "type.googleapis.com/google.protobuf.Struct",
};

function isScalar(value: unknown, kind: Scalar): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "int32":
      return isInt32(readNumber(value));
    case "number":
      return typeof readNumber(value) === "number" || (typeof value === "string" && NO_NUMBER_TEXT.test(value));
    case "duration":
      return typeof value === "string" && DURATION.test(value);
    case "timestamp":
      return typeof value === "string" && TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value));
    case "struct":
      return isJsonObject(value);
  }
}

function checkMessage(
  value: unknown,
  type: Extract<FieldType, { kind: "message" }>,
  path: Path,
  found: FieldViolation[],
): void {
  if (!isJsonObject(value)) return refuse(value, type.name, path, found);
  for (const key of Object.keys(value)) {
    const field = type.fields.get(key);
    if (field === undefined) refuseName(key, path, found);
    else checkValue(value[key], field.type, path === "" ? field.name : `${path}.${field.name}`, found);
  }
}

function checkList(value: unknown, of: FieldType, path: Path, found: FieldViolation[]): void {
  if (!Array.isArray(value)) return refuse(value, "repeated", path, found);
  for (const [index, item] of value.entries()) checkValue(item, of, `${path}[${index}]`, found);
}

function checkStringMap(value: unknown, path: Path, found: FieldViolation[]): void {
  if (!isJsonObject(value)) return refuse(value, "Map", path, found);
  let index = 0;
  for (const key of Object.keys(value)) {
    if (typeof value[key] !== "string") refuse(value[key], "TYPE_STRING", `${path}[${index}].value`, found);
    index += 1;
  }
}

function refuse(value: unknown, type: string, path: Path, found: FieldViolation[]): void {
  const shown = typeof value === "object" ? (Array.isArray(value) ? "list" : "object") : JSON.stringify(value);
  found.push({ field: path, description: `Invalid value at '${path}' (${type}), ${shown}` });
}

function refuseName(key: string, path: Path, found: FieldViolation[]): void {
  const where = path === "" ? "" : ` at '${path}'`;
  const description = `Invalid JSON payload received. Unknown name ${JSON.stringify(key)}${where}: Cannot find field.`;
  found.push({ field: path, description });
}

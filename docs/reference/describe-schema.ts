import { z } from "zod";

/** The parts of zod's JSON Schemas that the reference uses. */
export const jsonSchema = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  format: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get additionalProperties() {
    return z.union([jsonSchema, z.literal(false)]).optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
});
export type JsonSchema = z.infer<typeof jsonSchema>;

/** Describes a type in words: `whole number, 5 to 120`. */
export function describeType(schema: JsonSchema): string {
  const { anyOf, enum: values } = schema;
  if (anyOf !== undefined) return describeUnion(anyOf);
  if (schema.const !== undefined) return code(schema.const);
  if (values !== undefined) return values.map(code).join(", ");
  switch (schema.type) {
    case "integer":
      return `whole number${describeRange(schema.minimum, schema.maximum, "")}`;
    case "array":
      return `array${describeRange(schema.minItems, schema.maxItems, "")} (${describeType(itemsOf(schema))})`;
    case "object":
      return schema.properties === undefined ? describeMap(schema) : code(shapeOf(schema));
    case "string":
      return describeText(schema);
    default:
      return schema.type ?? "anything";
  }
}

/** Leaves out null and a form's text for the same value; the page explains both once for all fields. */
function describeUnion(anyOf: readonly JsonSchema[]): string {
  const [first, ...others] = anyOf.filter(({ type }) => type !== "null");
  if (first === undefined) return "null";
  const kinds =
    first.type === "string" ? [first, ...others] : [first, ...others.filter(({ type }) => type !== "string")];
  return [...new Set(kinds.map(describeType))].join(" or ");
}

/** `{name, note?, phones: [{id}]}` */
function shapeOf(schema: JsonSchema): string {
  if (schema.type === "array") return `[${shapeOf(itemsOf(schema))}]`;
  const { properties, required } = schema;
  if (properties === undefined) return "";
  const fields = Object.entries(properties).map(([name, field]) => {
    const shape = shapeOf(field);
    return `${name}${required.includes(name) ? "" : "?"}${shape === "" || shape === "[]" ? "" : `: ${shape}`}`;
  });
  return `{${fields.join(", ")}}`;
}

function describeMap({ additionalProperties }: JsonSchema): string {
  return additionalProperties !== undefined && additionalProperties !== false && additionalProperties.type === "string"
    ? "map of texts"
    : "map";
}

function describeText({ format, minLength, maxLength }: JsonSchema): string {
  if (format === "date-time") return "time, RFC 3339";
  return `${format ?? "text"}${describeRange(minLength, maxLength, " characters")}`;
}

function describeRange(min = 0, max = Number.MAX_SAFE_INTEGER, unit: string): string {
  if (max === Number.MAX_SAFE_INTEGER) return "";
  return min === 0 ? `, at most ${max}${unit}` : `, ${min} to ${max}${unit}`;
}

const itemsOf = ({ items }: JsonSchema): JsonSchema => items ?? jsonSchema.parse({});
const code = (value: unknown) => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

import * as fc from "fast-check";
import { secretNumber } from "../support/secrets.ts";
import { fairText } from "./texts.ts";

/** The parts of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

/** Typical values for a field of this name, which mean something to the test, so that requests pass the schemas. */
export type Vocabulary = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** Values that a schema accepts, or nearly: rules that it only describes in words (`exactly one of these`) are ignored. */
export function fromSchema(schema: Schema, words: Vocabulary, name = ""): fc.Arbitrary<unknown> {
  const known = words[name];
  if (known !== undefined) return known;
  if (/caller.?id/i.test(name)) return fc.constantFrom(secretNumber, `+${secretNumber}`, "", "anonymous");
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => fromSchema(one, words)));
  switch (schema.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return fc.integer({ min: schema.minimum ?? -1000, max: Math.min(schema.maximum ?? 1000, 1_000_000) });
    case "string":
      return schema.pattern === undefined ? fairText : fromPattern(schema.pattern);
    case "array":
      return fc.array(fromSchema(schema.items ?? {}, words), { minLength: schema.minItems ?? 0, maxLength: 5 });
    case "object":
      return fromObject(schema, words);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function fromObject({ properties, required = [], additionalProperties }: Schema, words: Vocabulary) {
  if (properties === undefined) {
    const inner = typeof additionalProperties === "object" ? fromSchema(additionalProperties, words) : fc.jsonValue();
    return fc.dictionary(fc.oneof(fairText, fc.constantFrom("constructor", "a.b", "from")), inner, { maxKeys: 4 });
  }
  const fields = Object.entries(properties).map(([name, one]) => [name, fromSchema(one, words, name)] as const);
  const requiredKeys = required.filter((name) => Object.hasOwn(properties, name));
  return fc.record(Object.fromEntries(fields), { requiredKeys });
}

function fromPattern(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern));
  } catch {
    // fast-check does not support \p{…}.
    return fairText;
  }
}

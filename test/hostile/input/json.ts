import * as fc from "fast-check";
import { oddText, secretText } from "./texts.ts";

/** One field of a body: its name, and its value as JSON text, so that names may repeat and be `__proto__`. */
export interface Field {
  readonly name: string;
  readonly json: string;
}

const nested = (depth: number) => fc.constantFrom(`${"[".repeat(depth)}${"]".repeat(depth)}`, nestObjects(depth));

function nestObjects(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}

/** Any JSON value as text: of every type, odd, huge and deep. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: oddText.map((text) => JSON.stringify(text)), weight: 4 },
  { arbitrary: secretText.map((text) => JSON.stringify(text)), weight: 4 },
  {
    arbitrary: fc.constantFrom(
      "null",
      "true",
      "false",
      "0",
      "-0",
      "-1",
      "1.5",
      "1e400",
      "1e-400",
      "9007199254740993",
      "[]",
      "{}",
      "[null]",
      '[""]',
      '{"":""}',
      '{"__proto__":{"polluted":"yes"}}',
      '{"constructor":{"prototype":{"polluted":"yes"}}}',
      '{"__proto__":"x","a":"b"}',
      '{"toJSON":"x","then":"y","length":-1}',
      '{"__a__":"1"}',
      '{"google.a":"1"}',
    ),
    weight: 4,
  },
  { arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)), weight: 2 },
  { arbitrary: fc.constantFrom(10, 200, 2500, 5000).chain(nested), weight: 1 },
);

const oddName = fc.oneof(
  oddText,
  fc.constantFrom(
    "__proto__",
    "constructor",
    "__proto__[polluted]",
    "constructor[prototype][polluted]",
    "@type",
    "a[]",
  ),
);

type Spoiler = (fields: readonly Field[]) => readonly Field[];

/** Replaces the field at an index, modulo the number of fields, with any number of others. */
function changeAt(at: number, change: (field: Field) => readonly Field[]): Spoiler {
  return (fields) => fields.flatMap((field, index) => (index === at % fields.length ? change(field) : [field]));
}

/** The ways to spoil a body: leave out a field, change its type, repeat it, or add one. */
const spoilers: fc.Arbitrary<Spoiler> = fc.oneof(
  fc.nat(20).map((at) => changeAt(at, () => [])),
  fc.tuple(fc.nat(20), jsonText).map(([at, json]) => changeAt(at, (field) => [{ ...field, json }])),
  fc.tuple(fc.nat(20), jsonText).map(([at, json]) => changeAt(at, (field) => [field, { ...field, json }])),
  fc.tuple(oddName, jsonText).map(([name, json]): Spoiler => (fields) => [{ name, json }, ...fields]),
);

/** The same body with up to three faults. */
export function spoil(fields: fc.Arbitrary<readonly Field[]>): fc.Arbitrary<readonly Field[]> {
  return fc
    .tuple(fields, fc.array(spoilers, { minLength: 1, maxLength: 3 }))
    .map(([whole, changes]) => changes.reduce((left, change) => change(left), whole));
}

/** The fields of an object. */
export function fieldsOf(value: object): readonly Field[] {
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => ({ name, json: JSON.stringify(inner) }));
}

/** A body as JSON, with repeated names kept. */
export function writeJson(fields: readonly Field[]): string {
  return `{${fields.map(({ name, json }) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

/** A body as a form: texts as they are, everything else as JSON. */
export function writeForm(fields: readonly Field[]): string {
  const text = (json: string) => (json.startsWith('"') ? (JSON.parse(json) as string) : json);
  const encode = (part: string) => encodeURIComponent(part.toWellFormed());
  return fields.map(({ name, json }) => `${encode(name)}=${encode(text(json))}`).join("&");
}

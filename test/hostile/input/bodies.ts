import * as fc from "fast-check";
import { jsonText, spoil, writeForm, writeJson, type Field } from "./json.ts";

/** A request body, and the headers that describe it. */
export interface Body {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

const oddType = fc.constantFrom(
  "",
  "text/plain",
  "application/jsonx",
  "APPLICATION/JSON ; charset=utf-8",
  "application/json; charset=utf-16",
  "application/json;charset",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  "application/cloudevents+json",
  "application/xml",
  "*/*",
  "/",
  ";",
  "__proto__",
);

const anyType = fc.oneof(fc.constant("application/json"), fc.constant("application/x-www-form-urlencoded"), oddType);

function bodyOf(text: string, headers: Body["headers"]): Body {
  return { bytes: Buffer.from(text), headers };
}

/** Bytes that are no valid body: broken JSON and forms, invalid UTF-8, endless depth and length, a wrong encoding header. */
const junk: fc.Arbitrary<Body> = fc
  .tuple(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      jsonText.map((text) => Buffer.from(text)),
      fc.tuple(jsonText, fc.nat(60)).map(([text, at]) => Buffer.from(text.slice(0, at))),
      fc.constantFrom(
        Buffer.from("\ufeff{}"),
        Buffer.from('{"a":1}', "utf16le"),
        Buffer.from([0x7b, 0x22, 0xc8, 0xab, 0x22, 0x7d]),
        Buffer.from("a=%C8%AB"),
        Buffer.from("%"),
        Buffer.from("&&==&=a"),
        Buffer.from("__proto__=1&__proto__[polluted]=1&constructor[prototype][polluted]=1"),
        Buffer.from(`a${"[a]".repeat(3000)}=1`),
        Buffer.from("a=1&".repeat(8000)),
        Buffer.from("[".repeat(30_000)),
        Buffer.from('{"a":'.repeat(6000)),
        Buffer.from(`{"data":${"[".repeat(12_000)}${"]".repeat(12_000)}}`),
        Buffer.from(" ".repeat(40_000)),
        Buffer.alloc(140_000, "a"),
        Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00]),
      ),
    ),
    anyType,
    fc.constantFrom<Record<string, string>>({}, {}, {}, { "content-encoding": "gzip" }, { "content-encoding": "zz" }),
  )
  .map(([bytes, type, more]) => ({ bytes, headers: { "content-type": type, ...more } }));

/** A body in each state: valid, with one fault, under a wrong content type, and junk. */
export function buildBodies(fields: fc.Arbitrary<readonly Field[]>): fc.Arbitrary<Body> {
  const spoilt = spoil(fields);
  return fc.oneof(
    { arbitrary: fields.map((given) => bodyOf(writeJson(given), json)), weight: 3 },
    { arbitrary: fields.map((given) => bodyOf(writeForm(given), form)), weight: 2 },
    { arbitrary: spoilt.map((given) => bodyOf(writeJson(given), json)), weight: 5 },
    { arbitrary: spoilt.map((given) => bodyOf(writeForm(given), form)), weight: 3 },
    {
      arbitrary: fc.tuple(fields, oddType).map(([given, type]) => bodyOf(writeJson(given), { "content-type": type })),
      weight: 1,
    },
    { arbitrary: junk, weight: 3 },
  );
}

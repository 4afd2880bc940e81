import * as fc from "fast-check";
import { demoKey } from "../../support/functions.ts";
import { bodySchema, type Operation } from "../support/openapi-document.ts";
import { readable, type Sent } from "../support/http.ts";
import { secret, secretNumber } from "../support/secrets.ts";
import { buildBodies } from "./bodies.ts";
import { fromSchema, type Vocabulary } from "./from-schema.ts";
import { fieldsOf } from "./json.ts";
import { fairText, oddText } from "./texts.ts";

/** The event of `POST /events`, whose schema is open. */
export function buildEvents(words: Vocabulary): fc.Arbitrary<object> {
  const call = fc.record(
    {
      Event: fc.constantFrom("Newchannel", "Newchannel", "Newchannel", "Hangup", "BridgeEnter", "DialEnd"),
      DialStatus: fc.constantFrom("ANSWER", "ANSWER", "BUSY", ""),
      BridgeNumChannels: fc.constantFrom("1", "2", 2, "", "x"),
      Context: fc.oneof(fc.constantFrom("trk-1", "trk-11-in", "trk"), fairText),
      Exten: words["exten"]!,
      CallerIDNum: fc.oneof(fc.constantFrom(secretNumber, Number(secretNumber), "<unknown>", ""), oddText),
      CallerIDName: fc.oneof(fairText, oddText, fc.constantFrom("<unknown>", 101, null)),
      Linkedid: words["call_id"]!,
      Uniqueid: words["ring_id"]!,
    },
    { requiredKeys: ["Event", "Context", "Exten"] },
  );
  return fc.record(
    { type: fc.constantFrom(3, 3, 3, "3", 1), server_name: fairText, data: call },
    { requiredKeys: ["type", "data"] },
  );
}

/** A caller's influence on the two fields that name the caller, each as the bytes of a JSON value. */
export interface CallerBytes {
  readonly number: Buffer;
  readonly name: Buffer;
}

/** Bytes of any encoding, as they may occur in JSON text. */
const bytesInQuotes = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(`"${Buffer.from(bytes.filter(isPlain)).toString("latin1")}"`, "latin1"));

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte !== 0x22 && byte !== 0x5c;
}

const shown = fc.oneof(
  oddText.map((text) => Buffer.from(JSON.stringify(text))),
  fc.jsonValue({ maxDepth: 1 }).map((value) => Buffer.from(JSON.stringify(value))),
  bytesInQuotes,
  // 홍길동 in CP949, whole and cut.
  fc.constantFrom("c8abb1e6b5bf", "c8abb1e6b5").map((hex) => Buffer.from(`22${hex}22`, "hex")),
);

/** Caller values that no PBX can prevent. */
export const callers: fc.Arbitrary<CallerBytes> = fc.record({ number: shown, name: shown });

/** The body of `POST /events` for an event with that caller. */
export function buildEventBytes(data: object, { number, name }: CallerBytes): Buffer {
  const begun = `{"type":3,"data":${JSON.stringify(data).slice(0, -1)}`;
  return Buffer.concat([
    Buffer.from(`${begun},"CallerIDNum":`),
    number,
    Buffer.from(',"CallerIDName":'),
    name,
    Buffer.from("}}"),
  ]);
}

const keys = fc.oneof(
  { arbitrary: fc.constant<Record<string, string>>({ authorization: `Bearer ${demoKey}` }), weight: 12 },
  {
    arbitrary: fc.constantFrom<Record<string, string>>(
      {},
      { authorization: "" },
      { authorization: demoKey },
      { authorization: "Bearer" },
      { authorization: `Bearer ${secret}` },
      { authorization: `Bearer ${demoKey} ${secret}` },
      { authorization: `Bearer ${demoKey},Bearer ${demoKey}` },
      { authorization: `Basic ${secret}` },
      { authorization: `bearer${" ".repeat(4000)}${secret}` },
      { authorization: `Bearer ${"a".repeat(9000)}` },
    ),
    weight: 1,
  },
);

const oddHeaders = fc.oneof(
  { arbitrary: fc.constant<Record<string, string>>({}), weight: 4 },
  {
    arbitrary: fc.constantFrom<Record<string, string>>(
      { "x-http-method-override": "DELETE" },
      { "x-forwarded-for": "1.1.1.1, ::1, ,x" },
      { "x-pbx-push-content-type": "text/plain" },
      { "x-original-url": "/health" },
      { "transfer-encoding": "chunked" },
      { expect: "100-continue" },
      { accept: "text/html", "accept-encoding": "br, gzip", "accept-language": "__proto__" },
      { forwarded: `for=${secret}`, referer: `http://x/${secret}`, "user-agent": secret, cookie: secret },
      { traceparent: "00-x", "x-cloud-trace-context": "x/y;o=1", "function-execution-id": secret },
      { range: "bytes=0-1", "if-none-match": "*", "if-modified-since": "x" },
      { origin: "http://evil.example", "access-control-request-method": "PUT" },
    ),
    weight: 1,
  },
);

const queries = fc.oneof(
  { arbitrary: fc.constantFrom("", "", "?format=text", "?format=json"), weight: 5 },
  {
    arbitrary: fc.constantFrom(
      "?",
      "?format=text&format=text",
      "?format[]=text",
      "?format=TEXT",
      "?__proto__[polluted]=1&constructor[prototype][polluted]=1",
      "?wait_seconds=0",
      "?wait_seconds=3",
      "?wait_seconds=-1",
      "?wait_seconds=99999999999999999999",
      "?wait_seconds=1&wait_seconds=2",
      "?wait_seconds=%00",
      "?ring_id=1.1-a&exten=0701&wait_seconds=1",
      "?ring_id=1.1-a",
      "?exten=0701",
      "?exten=%2B8210&ring_id=%23",
      "?ring_id=1.1-a&ring_id=1.1-b",
      "?ring_id=&exten=",
      "?exten=0701%00&ring_id=__proto__",
      "?%",
      "?%C8%AB=%C8",
      `?a=${"b".repeat(5000)}`,
      `?${"a&".repeat(2000)}`,
      "?a=1#b",
    ),
    weight: 2,
  },
);

const methods = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 30 },
  {
    arbitrary: fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PROPFIND"),
    weight: 1,
  },
);

/** Path segments in place of a parameter: percent-encoded, well or badly. */
const segments = fc.oneof(
  oddText.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom(
    "%",
    "%zz",
    "%E0%A4%A",
    "%B1%E6",
    "%2e%2e",
    "..",
    ".",
    "%2F",
    "%00",
    "a/b",
    "",
    ";x",
    "__proto__",
    "constructor",
  ),
);

/** A request for one operation of the document, valid or nearly. */
export function buildRequests(
  path: string,
  method: string,
  operation: Operation,
  words: Vocabulary,
): fc.Arbitrary<Sent> {
  const schema = bodySchema(operation);
  const wellMade = path === "/events" ? buildEvents(words) : fromSchema(schema ?? {}, words);
  const fields = wellMade.map((value) => fieldsOf(typeof value === "object" && value !== null ? value : { value }));
  const params = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => {
    const usual = (words[name] ?? oddText).map((value) => encodeURIComponent(String(value).toWellFormed()));
    return fc.oneof({ arbitrary: usual, weight: 4 }, { arbitrary: segments, weight: 1 });
  });
  return fc
    .tuple(fc.tuple(...params), buildBodies(fields), keys, oddHeaders, queries, methods, fc.nat(9))
    .map(([values, body, key, headers, query, otherMethod, chance]): Sent => {
      const rest = [...values];
      const target = path.replaceAll(/\{\w+\}/g, () => rest.shift() ?? "");
      const sent = otherMethod ?? method.toUpperCase();
      const hasBody = schema === undefined ? chance === 0 : chance > 0;
      if (!hasBody) return { method: sent, path: target + query, headers: { ...key, ...headers } };
      // A length together with chunks needs raw sockets.
      const { "transfer-encoding": _, ...plain } = headers;
      return { method: sent, path: target + query, headers: { ...key, ...plain, ...body.headers }, body: body.bytes };
    })
    .map(readable);
}

/** Requests for unknown paths, and for nearly known ones. */
export const strayRequests: fc.Arbitrary<Sent> = fc
  .tuple(
    fc.oneof(
      fc.array(segments, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
      fc.constantFrom(
        "/calls/",
        "/Calls",
        "//calls",
        "/calls//end",
        "/calls/../health",
        "/%63alls",
        "/health/",
        "/.env",
        "/*",
      ),
      // Without /favicon.ico and /robots.txt, which the platform answers itself.
      fc.constantFrom("/send%20", "/send;x=1", "/lines", "/pushes/a/b", "/calls/a/end/b", "/openapi.json/"),
    ),
    methods,
    keys,
    queries,
  )
  .map(([path, method, headers, query]) => ({ method: method ?? "GET", path: path + query, headers }));

import * as fc from "fast-check";
import { secret } from "../support/secrets.ts";

/** Texts that break quoting, paths, queries, shells, logs, terminals, text fields and prototypes. */
const oddities = [
  "",
  " ",
  "'",
  '"',
  ")",
  "`",
  "\\",
  "\0",
  "\n",
  "\r\nX-Injected: 1",
  "\u0007\u001b[31m",
  "\u007f",
  "\ud83d",
  "\udc00",
  "\u202e321",
  "\u2028",
  "\ufeff",
  "👨‍👩‍👧‍👦",
  "홍길동",
  "مرحبا",
  "e\u0301".repeat(40),
  "a".repeat(5000),
  "가".repeat(2000),
  "%00",
  "%",
  "%s%n",
  "${jndi:ldap://x}",
  "{{7*7}}",
  "$(reboot)",
  "`id`",
  "; rm -rf /",
  "' OR '1'='1",
  "<script>alert(1)</script>",
  "../../users/alice",
  "calls/x/y",
  "__x__",
  ".",
  "..",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "null",
  "undefined",
  "NaN",
  "[object Object]",
  "[]",
  "{}",
  "google.c.a.e",
  "gcm.x",
  "from",
  "message_type",
  "+0701",
  "*".repeat(32),
  "#",
  "1e400",
  "-0",
  "0x10",
  "٣",
  "9".repeat(40),
  "2026-11-22T09:00:00+09:00",
  "0000-00-00T00:00:00Z",
  "abc",
];

/** An odd text, or any string at all, with lone surrogates and control bytes. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...oddities), weight: 3 },
  { arbitrary: fc.string({ unit: "binary", maxLength: 40 }), weight: 1 },
  { arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)), weight: 1 },
);

/** Such a text that contains the secret, which must not be logged. */
export const secretText: fc.Arbitrary<string> = fc.tuple(oddText, oddText).map(([before, after]) => {
  return `${before}${secret}${after}`;
});

/** A name or a text as people write it, however odd: a schema accepts all of them. */
export const fairText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...oddities), fc.constantFrom(...oddities))
  .map((parts) =>
    parts
      .join(secret)
      .toWellFormed()
      .replaceAll(/\p{Cc}/gu, ""),
  )
  .filter((text) => text.length <= 64);

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import { cursorOf, pageInput, writeCursor } from "../../../functions/src/console/cursor.ts";

const page = z.strictObject(pageInput);

describe("a cursor", () => {
  it("comes back as what was written", () => {
    const position = fc.tuple(
      fc.stringMatching(/^[A-Za-z0-9+*#.@:-]{1,40}$/).filter((id) => id !== "." && id !== ".."),
      fc.integer({ min: 0, max: 253_402_300_799 }),
      fc.integer({ min: 0, max: 999_999_999 }),
    );
    fc.assert(
      fc.property(position, (written) => {
        assert.deepEqual(page.parse({ cursor: writeCursor(written) }).cursor, written);
      }),
      { numRuns: 200 },
    );
  });

  it("that is anything else is refused, and never throws", () => {
    const given = fc.oneof(fc.string(), fc.base64String(), fc.jsonValue().map(writeCursor));
    fc.assert(
      fc.property(given, (cursor) => {
        const parsed = page.safeParse({ cursor });
        if (parsed.success) assert.ok(Array.isArray(parsed.data.cursor));
        else assert.match(parsed.error.issues[0]?.message ?? "", /must be the cursor of an answer|Too big/);
      }),
      { numRuns: 300 },
    );
  });

  it("names no document that Firestore refuses", () => {
    for (const id of [".", "..", "__a__", "a/b", "", "x".repeat(401), "a\u0000b"]) {
      assert.equal(page.safeParse({ cursor: writeCursor([id, 0, 0]) }).success, false, id);
    }
  });

  it("may hold a value of any schema", () => {
    const schema = z.object({ cursor: cursorOf(z.object({ since: z.int() }), 100) });
    assert.deepEqual(schema.parse({ cursor: writeCursor({ since: 7 }) }).cursor, { since: 7 });
    assert.equal(schema.safeParse({ cursor: writeCursor({ since: "7" }) }).success, false);
  });
});

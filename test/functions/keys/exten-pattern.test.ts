import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { extenPattern, matchesPattern } from "../../../functions/src/exten-pattern.ts";

const exten = fc.string({ unit: fc.constantFrom("0", "1", "9", "+", "#", "*"), minLength: 0, maxLength: 8 });
/** The pattern that matches what is written, stars of the dial included. */
const write = (text: string) => text.replaceAll("*", "\\*");

describe("a pattern of extens", () => {
  it("without a star at its end matches what is written, and nothing else", () => {
    fc.assert(
      fc.property(exten, exten, (written, other) => {
        assert.equal(matchesPattern(write(written), other), written === other);
        assert.ok(matchesPattern(write(written), written));
      }),
    );
  });

  it("with a star at its end matches everything that begins so", () => {
    fc.assert(
      fc.property(exten, exten, (written, other) => {
        assert.equal(matchesPattern(`${write(written)}*`, other), other.startsWith(written));
        assert.ok(matchesPattern(`${write(written)}*`, written + other));
      }),
    );
  });

  it("is refused when a star is neither written as \\* nor at the end", () => {
    for (const wrong of ["*97", "070*1", "07**", "", "07 0", "070x", "\\", "\\9", "\\\\*", "1".repeat(34)]) {
      assert.ok(!extenPattern.test(wrong), wrong);
    }
    for (const right of ["070", "070*", "*", "\\*97", "\\*97*", "\\**", "+82*", "#1", "1".repeat(33)]) {
      assert.ok(extenPattern.test(right), right);
    }
  });
});

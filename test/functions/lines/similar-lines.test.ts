import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { extenNumber } from "../../../functions/src/lines/exten-number.ts";
import { listSpellings } from "../../../functions/src/lines/similar-lines.ts";

const digits = (minLength: number, maxLength: number) =>
  fc
    .stringMatching(/^[1-9][0-9]*$/, { size: "small" })
    .filter((text) => text.length >= minLength && text.length <= maxLength);
const countryCode = digits(1, 3);
const national = digits(7, 11);
const prefix = fc.constantFrom("+", "00", "011");

describe("the other spellings of an exten", () => {
  it("are those of its country, of a number that is written without a country code", () => {
    fc.assert(
      fc.property(countryCode, national, prefix, (home, number, before) => {
        for (const written of [number, `0${number}`]) {
          const found = listSpellings(written, home);
          for (const other of [number, `0${number}`, `${home}${number}`, `${before}${home}${number}`])
            if (other !== written) assert.ok(found.includes(other), `${written} lacks ${other}`);
        }
      }),
    );
  });

  it("lack the country code, of a number of any country, also where its national zero was left in", () => {
    fc.assert(
      fc.property(countryCode, countryCode, national, prefix, (home, code, number, before) => {
        for (const zero of ["", "0"]) {
          const found = listSpellings(`${before}${code}${zero}${number}`, home);
          assert.ok(found.includes(`0${number}`), `${before}${code}${zero}${number}`);
          assert.ok(found.includes(number));
        }
      }),
    );
  });

  it("are extens, others than it, and with it no more than Firestore compares at once", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9*#]{1,32}$/), countryCode, (exten, home) => {
        const found = listSpellings(exten, home);
        assert.ok(!found.includes(exten));
        assert.ok(new Set(found).size === found.length && found.length < 30, `${found.length}`);
        for (const one of found) assert.ok(extenNumber.safeParse(one).success, one);
      }),
    );
  });

  it("of a number of the house have no country code taken off: 82101 is not 101", () => {
    assert.ok(listSpellings("101", "82").includes("0101"));
    assert.ok(!listSpellings("101", "82").includes("82101"));
    for (const one of ["82101", "+82101", "0082101"]) assert.ok(!listSpellings(one, "82").includes("101"), one);
  });
});

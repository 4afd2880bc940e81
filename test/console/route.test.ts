import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as assertAll, constantFrom, dictionary, property, record, string } from "fast-check";
import { hrefTo, parseRoute, sections } from "../../console/src/state/route.ts";

const text = string({ minLength: 1, unit: "binary" }).map((value) => value.toWellFormed());

describe("an address of the console", () => {
  it("leads to where it was made for, whatever the ids and filters are", () => {
    const places = record({
      section: constantFrom(...sections),
      path: array(text, { maxLength: 2 }),
      query: dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
    });
    assertAll(
      property(places, ({ section, path, query }) => {
        assert.deepEqual(parseRoute(hrefTo(section, path, query)), { section, path, query });
      }),
    );
  });

  it("leads to the overview if it is unknown or broken", () => {
    for (const hash of ["", "#", "#/", "#/secrets", "#main", "#/%E0%A4%A"]) {
      assert.equal(parseRoute(hash).section, "overview", hash);
    }
    assert.deepEqual(parseRoute("#/calls/%E0%A4%A").path, ["%E0%A4%A"]);
  });

  it("has no filter that is empty", () => {
    assert.equal(hrefTo("calls", [], { exten: "", user: undefined, status: "failed" }), "#/calls?status=failed");
  });
});

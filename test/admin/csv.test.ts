import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { formatCsv } from "../../admin/command/csv.ts";

const read = (csv: string): string[][] =>
  parse(csv, { record_delimiter: "\r\n", relax_column_count: false, skip_empty_lines: false });

const signs = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'", '"', ",", ";", " ", "a", "홍", "0"];

/** Cells with what CSV and spreadsheets take apart. */
const cell = fc.string({ unit: fc.constantFrom(...signs) });
const rows = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }))
  // A single empty cell is an empty line, which readers leave out.
  .filter((table) => table.every((row) => row.join("") !== ""));

describe("formatCsv", () => {
  it("writes what a reader of RFC 4180 reads again, and no cell that begins a formula", () => {
    fc.assert(
      fc.property(rows, ([headings = [], ...table]) => {
        const found = read(formatCsv(headings, table));
        const given = [headings, ...table];
        assert.equal(found.length, given.length);
        for (const [nth, row] of found.entries()) {
          for (const [at, value] of row.entries()) {
            assert.doesNotMatch(value, /^[=+\-@\t\r\n＝＋－＠]/u);
            const wanted = given[nth]![at]!;
            assert.ok(value === wanted || value === `'${wanted}`, JSON.stringify([value, wanted]));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("ends each line with CRLF, and quotes only where it must", () => {
    assert.equal(
      formatCsv(
        ["exten", "note"],
        [
          ["0701", 'say "hi", twice'],
          ["+8270", "=1+1"],
        ],
      ),
      'exten,note\r\n0701,"say ""hi"", twice"\r\n\'+8270,\'=1+1\r\n',
    );
  });
});

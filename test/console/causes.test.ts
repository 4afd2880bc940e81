import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { texts } from "../../console/src/text/language.ts";
import { phoneTable, ringTable, missingTable } from "../../functions/src/rings/verdict/verdict.ts";

describe("the console's names of the verdicts' causes", () => {
  it("are those of every cause, in both languages", () => {
    const causes = [phoneTable, ringTable, missingTable].flatMap((table) => table.map(({ cause }) => cause));
    const wanted = [...new Set<string>(causes)].toSorted();
    for (const { causes: names } of Object.values(texts)) assert.deepEqual(Object.keys(names).toSorted(), wanted);
  });
});

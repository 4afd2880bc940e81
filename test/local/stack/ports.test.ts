import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { offsetSetting, readOffset } from "../../../local/stack/ports.ts";

describe(`the setting ${offsetSetting}`, () => {
  it("is a number to add to each port, none without it", () => {
    assert.deepEqual([undefined, "", "0", "1000", "56343"].map(readOffset), [0, 0, 0, 1000, 56_343]);
  });

  for (const wrong of ["-1", "1.5", "many", "56344", "1e9", "NaN"]) {
    it(`refuses ${wrong}`, () => {
      assert.throws(() => readOffset(wrong), /must be a whole number from 0 to 56343, not "/);
    });
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkCallForm } from "../../../local/phone/page/check-call-form.ts";
import { texts } from "../../../local/phone/page/text/language.ts";

const form = { callerName: "", callerId: "", extens: ["101"], otherExten: "", ringSeconds: "30" };

describe("the form of a call", () => {
  for (const [what, fields, wrong] of [
    ["with a line", {}, {}],
    ["with another number", { extens: [], otherExten: " +8270*1# " }, {}],
    ["without a number", { extens: [] }, { extens: "noExten" }],
    ["with letters for a number", { otherExten: "12a" }, { otherExten: "badExten" }],
    ["with a number of 33 digits", { extens: [], otherExten: "1".repeat(33) }, { otherExten: "badExten" }],
    ["without a ring time", { ringSeconds: "" }, { ringSeconds: "badRingSeconds" }],
    ["with 4 seconds", { ringSeconds: "4" }, { ringSeconds: "badRingSeconds" }],
    ["with 120.5 seconds", { ringSeconds: "120.5" }, { ringSeconds: "badRingSeconds" }],
    ["with two faults", { extens: [], ringSeconds: "x" }, { extens: "noExten", ringSeconds: "badRingSeconds" }],
  ] as const) {
    it(what, () => {
      assert.deepEqual(checkCallForm({ ...form, ...fields }), wrong);
    });
  }

  it("says each fault in its own language", () => {
    for (const language of ["en", "ko"] as const) {
      const said = Object.values(texts[language].pbx.wrong);
      assert.ok(said.every((text) => /[가-힣]/.test(text) === (language === "ko")));
    }
  });
});

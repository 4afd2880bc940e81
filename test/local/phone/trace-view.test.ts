import assert from "node:assert/strict";
import { it } from "node:test";
import { Trace } from "../../../local/phone/page/phone/trace.ts";
import { en } from "../../../local/phone/page/text/en.ts";
import { viewTrace } from "../../../local/phone/page/view/trace-view.ts";

it("a phone's trace reads new steps aloud, and no step again that counts its questions", () => {
  const trace = new Trace(() => undefined);
  const saved = { number: 1, platform: "ios" } as const;
  const template = viewTrace({ trace, saved } as any, [], { t: en, language: "en", now: 0 });
  assert.match(template.strings.join(""), /role="log"\s+aria-relevant="additions"/);
});

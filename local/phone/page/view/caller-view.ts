import { html, nothing, type TemplateResult } from "lit-html";
import type { Call } from "../../../../packages/client/src/call.ts";
import { icon } from "./icons.ts";
import type { Words } from "./words.ts";

/** Who calls, as far as anybody knows. Names are anybody's text: they may be long, of any script and direction. */
export function nameCaller({ t }: Words, { name, number }: Pick<Call, "name" | "number">): string {
  return name || number || t.call.withheld;
}

/** The number, unless it stands for the name already. */
export function viewNumber({ name, number }: Pick<Call, "name" | "number">): TemplateResult | typeof nothing {
  return number === "" || number === name ? nothing : html`<p class="number"><bdi>${number}</bdi></p>`;
}

/** A round picture of the caller: the first letter of the name. */
export function viewAvatar({ name, number }: Pick<Call, "name" | "number">): TemplateResult {
  const initial = name === number ? "" : firstLetter(name);
  return html`<div class="avatar" aria-hidden="true">${initial === "" ? icon("handset") : initial}</div>`;
}

/** The first letter, digit or picture; what people take for one character may be several for a computer. */
function firstLetter(name: string): string {
  const characters = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name)];
  const first = characters.find(({ segment }) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(segment));
  return first?.segment.toLocaleUpperCase() ?? "";
}

/** How large a name can be written: one of the sizes in call.css. */
export function sizeName(name: string): "short" | "long" | "endless" {
  if (name.length <= 14) return "short";
  return name.length <= 48 ? "long" : "endless";
}

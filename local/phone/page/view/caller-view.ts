import { html, nothing, type TemplateResult } from "lit-html";
import type { Call } from "../../../../packages/client/src/call.ts";
import { icon } from "./icons.ts";
import type { ViewContext } from "./view-context.ts";

/** The caller's name, or else the number. Names are arbitrary text: they may be long, in any script and direction. */
export function nameCaller({ t }: ViewContext, { name, number }: Pick<Call, "name" | "number">): string {
  return name || number || t.call.withheld;
}

/** The number, unless it is already shown as the name. */
export function viewNumber({ name, number }: Pick<Call, "name" | "number">): TemplateResult | typeof nothing {
  return number === "" || number === name ? nothing : html`<p class="number"><bdi>${number}</bdi></p>`;
}

/** A round picture of the caller: the first letter of the name. */
export function viewAvatar({ name, number }: Pick<Call, "name" | "number">): TemplateResult {
  const initial = name === number ? "" : firstLetter(name);
  return html`<div class="avatar" aria-hidden="true">${initial === "" ? icon("handset") : initial}</div>`;
}

/** The first letter, digit or pictograph; one visible character may be several code points. */
function firstLetter(name: string): string {
  const characters = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name)];
  const first = characters.find(({ segment }) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(segment));
  return first?.segment.toLocaleUpperCase() ?? "";
}

/** Font size for a name: one of the sizes in call.css. */
export function sizeName(name: string): "short" | "long" | "endless" {
  if (name.length <= 14) return "short";
  return name.length <= 48 ? "long" : "endless";
}

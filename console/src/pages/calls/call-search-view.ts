import { html, type TemplateResult } from "lit-html";
import { hrefTo } from "../../state/route.ts";
import { readForm, viewField } from "../../view/field.ts";
import { icon } from "../../view/icons.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** The way to one call whose id is known. */
export function viewCallSearch({ t }: ViewContext): TemplateResult {
  return html`<form class="search" role="search" aria-label=${t.search.title} @submit=${find}>
    ${viewField({ name: "call", label: t.search.label, hint: t.search.hint, isRequired: true })}
    <button type="submit" class="button">${icon("search")}${t.search.why}</button>
  </form>`;
}

function find(event: SubmitEvent): void {
  const { call } = readForm(event);
  if (call !== undefined) location.hash = hrefTo("calls", [call]);
}

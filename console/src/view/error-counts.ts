import { html, nothing, type TemplateResult } from "lit-html";
import { formatCount } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** Failures by error. */
export function viewErrorCounts(
  context: ViewContext,
  errors: Readonly<Record<string, number>>,
): TemplateResult | typeof nothing {
  const all = Object.entries(errors);
  if (all.length === 0) return nothing;
  return html`<p class="field-error">
    ${all.map(([name, count]) => html`<code>${name}</code> ${formatCount(context, count)} `)}
  </p>`;
}

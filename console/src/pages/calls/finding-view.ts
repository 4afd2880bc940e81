import { html, type TemplateResult } from "lit-html";
import type { Finding } from "../../../../functions/src/console/wire.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** A verdict: the sentence to read out and what to do, in the page's language and in the other. */
export function viewFinding({ t, language }: ViewContext, { cause, says, todo }: Finding): TemplateResult {
  const other = language === "ko" ? "en" : "ko";
  return html`<div class="finding" data-cause=${cause}>
    <p class="says">${says[language]}</p>
    <p class="todo">${todo[language]}</p>
    <div class="other" lang=${other}>
      <p>${says[other]}</p>
      <p>${todo[other]}</p>
    </div>
    <p class="quiet">${t.call.cause}: <code>${cause}</code></p>
  </div>`;
}

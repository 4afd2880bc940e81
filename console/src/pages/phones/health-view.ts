import { html, type TemplateResult } from "lit-html";
import type { Concern } from "../../../../functions/src/console/wire.ts";
import { viewBadge } from "../../view/badge.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** Whether a phone looks well, in a badge. */
export function viewHealth({ t }: ViewContext, concerns: readonly Concern[]): TemplateResult {
  if (concerns.length === 0) return viewBadge("good", t.phones.well);
  const isBad = concerns.some(({ level }) => level === "bad");
  return viewBadge(isBad ? "bad" : "waiting", t.phones.concerns(concerns.length));
}

/** What may keep a phone from ringing. */
export function viewConcerns({ t, language }: ViewContext, concerns: readonly Concern[]): TemplateResult {
  if (concerns.length === 0) return html`<p>${viewBadge("good", t.phones.well)}</p>`;
  return html`<ul class="concerns">
    ${concerns.map(
      ({ code, level, says }) =>
        html`<li data-code=${code}>
          ${viewBadge(level === "bad" ? "bad" : "waiting", t.phones.levels[level])} <span>${says[language]}</span>
        </li>`,
    )}
  </ul>`;
}

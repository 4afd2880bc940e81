import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { PhoneConfig } from "../../wire.ts";
import type { PageModel } from "../page-model.ts";
import { viewCallForm } from "./call-form-view.ts";
import { viewPanelCall } from "./panel-call-view.ts";
import { explainError } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** Number of shown calls: more would make the page too long. */
const shownCalls = 6;

/** The PBX panel: the call form and the calls. */
export function viewPbx(model: PageModel, config: PhoneConfig, context: ViewContext): TemplateResult {
  const { t } = context;
  const { calls, error } = model.pbx.state;
  return html`<section class="pbx" aria-label=${t.pbx.title}>
    <header class="pbx-heading">
      <h2>${t.pbx.title}</h2>
      <p>${t.pbx.intro}</p>
    </header>
    ${viewCallForm(model.pbx, config, context)}
    ${error === undefined ? nothing : html`<p class="notice" role="alert">${explainError(context, error)}</p>`}
    <div class="panel-calls">
      <h3>${t.pbx.calls}</h3>
      ${calls === undefined ? html`<p class="quiet">${t.pbx.unknown}</p>` : nothing}
      ${calls?.length === 0 ? html`<p class="quiet">${t.pbx.noCalls}</p>` : nothing}
      ${repeat(
        calls?.slice(-shownCalls).toReversed() ?? [],
        ({ linkedId }) => linkedId,
        (call, index) => viewPanelCall(model.pbx, call, index === 0, context),
      )}
    </div>
  </section>`;
}

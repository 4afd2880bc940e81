import { html, nothing, type TemplateResult } from "lit-html";
import type { NewKey, RotatedKey } from "../../../../functions/src/console/wire.ts";
import { viewTime } from "../../view/format.ts";
import { icon } from "../../view/icons.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** A new key's secret, which is shown this once, with the PBX's settings. */
export function viewSecret(context: ViewContext, made: NewKey | RotatedKey, hide: () => void): TemplateResult {
  const { t } = context;
  const { pbxId, key, settings, warnings } = made;
  return html`<section class="panel secret" aria-labelledby="secret" aria-live="polite">
    <h2 id="secret">${t.keys.made(pbxId)}</h2>
    <p>${icon("warning")} <strong>${t.keys.once}</strong></p>
    ${viewCopy(context, t.keys.key, key)} ${viewCopy(context, t.keys.settings, settings)}
    ${warnings.map((warning) => html`<p class="notice">${warning}</p>`)}
    ${
      "olderUntil" in made ? html`<p>${t.keys.olderUntil} ${viewTime(context, made.olderUntil, "minute")}</p>` : nothing
    }
    <p><button type="button" class="button primary" @click=${hide}>${t.keys.saved}</button></p>
  </section>`;
}

function viewCopy({ t }: ViewContext, label: string, text: string): TemplateResult {
  const copy = async ({ currentTarget }: Event) => {
    await navigator.clipboard.writeText(text);
    if (currentTarget instanceof HTMLElement) currentTarget.dataset["copied"] = t.copied;
  };
  return html`<div class="copy">
    <h3>${label}</h3>
    <pre role="group" tabindex="0" aria-label=${label}>${text}</pre>
    <button
      type="button"
      class="button"
      aria-label=${`${t.copy} ${label}`}
      @click=${(event: Event) => void copy(event)}
    >
      ${t.copy}
    </button>
  </div>`;
}

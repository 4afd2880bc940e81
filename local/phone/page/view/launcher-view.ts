import { html, nothing, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { icon } from "./icons.ts";
import { viewAppNote } from "./lock-screen-view.ts";
import { viewNotifications } from "./notification-view.ts";
import type { ViewContext } from "./view-context.ts";

/** The home screen of a phone without the app. */
export function viewUninstalled(handset: Handset, { target }: HandsetState, { t }: ViewContext): TemplateResult {
  return html`<div class="launcher">
    ${viewAppGrid(nothing)}
    <p>${t.phone.notInstalled}</p>
    <button
      type="button"
      class="button"
      ?disabled=${target !== undefined}
      @click=${() => void handset.switchTo("foreground")}
    >
      ${icon("install")}<span>${t.phone.installAgain}</span>
    </button>
  </div>`;
}

/** The home screen of an unlocked iPhone whose app is not open. */
export function viewHomeScreen(handset: Handset, state: HandsetState, context: ViewContext): TemplateResult {
  const { t } = context;
  const app = html`<button
    type="button"
    class="app-icon"
    title=${t.phone.openApp}
    ?disabled=${state.mode === "offline"}
    @click=${() => void handset.switchTo("foreground")}
  >
    <span class="app-tile">${icon("handset", "solid")}</span>pbx-push
  </button>`;
  return html`<div class="launcher">
    ${viewNotifications(handset, state, context)} ${viewAppGrid(app)}
    <div class="lock-foot">${viewAppNote(state, context)}</div>
  </div>`;
}

/** Other apps, which do nothing, and ours. */
function viewAppGrid(own: TemplateResult | typeof nothing): TemplateResult {
  return html`<div class="app-grid">${Array.from({ length: 7 }, () => html`<i></i>`)}${own}</div>`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { PhoneCall } from "../phone/app-state.ts";
import { nameCaller, viewNumber } from "./caller-view.ts";
import type { ViewContext } from "./view-context.ts";

/** A ringing call while another call has the screen: shown over it, without taking the focus. */
export function viewWaiting(handset: Handset, call: PhoneCall, context: ViewContext): TemplateResult {
  const { t } = context;
  return html`<div class="waiting" role="group" aria-label=${t.call.waiting}>
    <div class="waiting-about" role="alert">
      <p class="call-kind">${t.call.waiting}</p>
      <p class="waiting-caller"><bdi>${nameCaller(context, call)}</bdi></p>
      ${viewNumber(call)}
    </div>
    ${call.waiting ? html`<p class="hint">${t.call.acceptEnds}</p>` : nothing}
    <div class="waiting-buttons">
      <button type="button" class="button decline" @click=${() => void handset.app?.decline(call.id)}>
        ${t.call.decline}
      </button>
      <button type="button" class="button accept" @click=${() => void handset.app?.answer(call.id)}>
        ${t.call.accept}
      </button>
    </div>
  </div>`;
}

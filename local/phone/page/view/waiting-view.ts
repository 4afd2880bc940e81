import { html, nothing, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { PhoneCall } from "../phone/app-state.ts";
import { nameCaller, viewNumber } from "./caller-view.ts";
import type { Words } from "./words.ts";

/** A call that rings while another has the screen: announced over it, and it leaves the focus where it is. */
export function viewWaiting(handset: Handset, call: PhoneCall, words: Words): TemplateResult {
  const { t } = words;
  return html`<div class="waiting" role="group" aria-label=${t.call.waiting}>
    <div class="waiting-about" role="alert">
      <p class="call-kind">${t.call.waiting}</p>
      <p class="waiting-caller"><bdi>${nameCaller(words, call)}</bdi></p>
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

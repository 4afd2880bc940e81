import { html, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { PhoneCall } from "../phone/app-state.ts";
import { nameCaller, sizeName, viewNumber } from "./caller-view.ts";
import { icon } from "./icons.ts";
import { viewAnswerButton, viewDeclineButton } from "./incoming-view.ts";
import { viewWaiting } from "./waiting-view.ts";
import type { ViewContext } from "./view-context.ts";

/** A ringing call as iOS shows it for CallKit; a locked iPhone is answered with a slide. */
export function viewCallKit(
  handset: Handset,
  call: PhoneCall,
  others: readonly PhoneCall[],
  context: ViewContext,
): TemplateResult {
  const { t } = context;
  const caller = nameCaller(context, call);
  const id = `phone-${handset.state.saved.number}`;
  return html`<div
    class="call incoming call-kit"
    role="alertdialog"
    tabindex="-1"
    data-focus
    aria-labelledby="${id}-caller"
    aria-describedby="${id}-about"
  >
    ${others.map((other) => viewWaiting(handset, other, context))}
    <div class="caller">
      <div class="call-about" id="${id}-about">
        <p class="call-kind">${t.iphone.audio}</p>
        <p class="exten">${t.call.to(call.exten)}</p>
      </div>
      <h3 id="${id}-caller" data-size=${sizeName(caller)} title=${caller}><bdi>${caller}</bdi></h3>
      ${viewNumber(call)}
    </div>
    ${
      handset.state.ios?.isLocked === true
        ? viewSlide(handset, call, context)
        : html`<div class="call-buttons">
            ${viewDeclineButton(handset, call, context)} ${viewAnswerButton(handset, call, context)}
          </div>`
    }
  </div>`;
}

/** On a locked iPhone. A real one has no button to decline: the side button does that. */
function viewSlide(handset: Handset, call: PhoneCall, context: ViewContext): TemplateResult {
  return html`<div class="call-buttons stacked">
    ${viewDeclineButton(handset, call, context)}
    <button type="button" class="slide" @click=${() => void handset.app?.answer(call.id)}>
      <span class="slide-knob">${icon("handset", "solid")}</span><span>${context.t.iphone.slide}</span>
    </button>
  </div>`;
}

import { html, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { PhoneCall } from "../phone/app-state.ts";
import { nameCaller, sizeName, viewAvatar, viewNumber } from "./caller-view.ts";
import { icon } from "./icons.ts";
import { viewWaiting } from "./waiting-view.ts";
import type { ViewContext } from "./view-context.ts";

/** A ringing call: it takes the whole screen and the keyboard's focus. */
export function viewIncoming(
  handset: Handset,
  call: PhoneCall,
  others: readonly PhoneCall[],
  context: ViewContext,
): TemplateResult {
  const { t } = context;
  const caller = nameCaller(context, call);
  const id = `phone-${handset.state.saved.number}`;
  return html`<div
    class="call incoming"
    role="alertdialog"
    tabindex="-1"
    data-focus
    aria-labelledby="${id}-caller"
    aria-describedby="${id}-about"
  >
    ${others.map((other) => viewWaiting(handset, other, context))}
    <div class="call-about" id="${id}-about">
      <p class="call-kind">${t.call.incoming}</p>
      <p class="exten">${t.call.to(call.exten)}</p>
    </div>
    <div class="rings" aria-hidden="true">${viewAvatar(call)}</div>
    <div class="caller">
      <h3 id="${id}-caller" data-size=${sizeName(caller)} title=${caller}><bdi>${caller}</bdi></h3>
      ${viewNumber(call)}
    </div>
    <div class="call-buttons">
      ${viewDeclineButton(handset, call, context)} ${viewAnswerButton(handset, call, context)}
    </div>
  </div>`;
}

/** The round button that declines a ringing call. */
export function viewDeclineButton(handset: Handset, { id }: PhoneCall, { t }: ViewContext): TemplateResult {
  return html`<button type="button" class="round decline" @click=${() => void handset.app?.decline(id)}>
    <span class="disc">${icon("handset", "solid")}</span><span>${t.call.decline}</span>
  </button>`;
}

/** The round button that answers a ringing call. */
export function viewAnswerButton(handset: Handset, { id }: PhoneCall, { t }: ViewContext): TemplateResult {
  return html`<button type="button" class="round accept" @click=${() => void handset.app?.answer(id)}>
    <span class="disc">${icon("handset", "solid")}</span><span>${t.call.accept}</span>
  </button>`;
}

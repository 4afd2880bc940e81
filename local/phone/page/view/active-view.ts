import { html, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { PhoneCall } from "../phone/app-state.ts";
import { nameCaller, sizeName, viewAvatar, viewNumber } from "./caller-view.ts";
import { icon } from "./icons.ts";
import { viewWaiting } from "./waiting-view.ts";
import { formatDuration } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** A call that was answered here. */
export function viewActive(
  handset: Handset,
  call: PhoneCall,
  others: readonly PhoneCall[],
  context: ViewContext,
): TemplateResult {
  const { t, now } = context;
  const caller = nameCaller(context, call);
  return html`<div class="call active" role="group" tabindex="-1" data-focus aria-label=${t.call.active}>
    ${others.map((other) => viewWaiting(handset, other, context))}
    <div class="call-about">
      <p class="call-kind">${t.call.active}</p>
      ${
        call.answeredAt === undefined
          ? html`<p class="duration" role="status">${t.call.connecting}</p>`
          : html`<p class="duration" role="timer" aria-label=${t.call.duration}>
              ${formatDuration(now - call.answeredAt)}
            </p>`
      }
    </div>
    ${viewAvatar(call)}
    <div class="caller">
      <h3 data-size=${sizeName(caller)} title=${caller}><bdi>${caller}</bdi></h3>
      ${viewNumber(call)}
      <p class="exten">${t.call.to(call.exten)}</p>
    </div>
    <div class="call-buttons">
      <button type="button" class="round decline" @click=${() => void handset.app?.hangUp(call.id)}>
        <span class="disc">${icon("handset", "solid")}</span><span>${t.call.hangUp}</span>
      </button>
    </div>
  </div>`;
}

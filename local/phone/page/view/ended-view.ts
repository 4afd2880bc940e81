import { html, nothing, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { AppState } from "../phone/app-state.ts";
import { nameCaller, sizeName, viewAvatar } from "./caller-view.ts";
import { formatDuration } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** The screen right after a call: how it ended. */
export function viewEnded(
  handset: Handset,
  { call, reason, at }: NonNullable<AppState["lastEnded"]>,
  context: ViewContext,
): TemplateResult {
  const { t } = context;
  const caller = nameCaller(context, call);
  return html`<div class="call ended" role="group" tabindex="-1" aria-label=${t.call.ended}>
    <div class="call-about" role="status">
      <p class="call-kind">${t.call.ended}</p>
      <p class="reason">${t.call.ends[reason]}</p>
      ${call.answeredAt === undefined ? nothing : html`<p class="number">${formatDuration(at - call.answeredAt)}</p>`}
    </div>
    ${viewAvatar(call)}
    <div class="caller">
      <h3 data-size=${sizeName(caller)} title=${caller}><bdi>${caller}</bdi></h3>
    </div>
    <div class="call-buttons">
      <button type="button" class="button glass" @click=${() => handset.app?.dismissEnded()}>${t.call.dismiss}</button>
    </div>
  </div>`;
}

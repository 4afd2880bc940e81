import { html, nothing, type TemplateResult } from "lit-html";
import type { CallEnd } from "../../../../packages/client/src/call-client.ts";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { nameCaller } from "./caller-view.ts";
import { icon } from "./icons.ts";
import { formatDay, formatTime, formatWhen } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** Ends of a missed call. */
const missedEnds: ReadonlySet<CallEnd> = new Set(["cancelled", "missed", "timeout", "unreachable"]);

/** The lock screen, with missed calls and notifications. */
export function viewLockScreen(handset: Handset, state: HandsetState, context: ViewContext): TemplateResult {
  const { t, now } = context;
  const isOffline = state.mode === "offline";
  const isWaking = !isOffline && state.app !== undefined && state.app.connection !== "disconnected";
  return html`<div class="wallpaper lock-screen" data-mode=${isOffline ? "offline" : "background"}>
    <div class="clock">
      <p class="big-time">${formatTime(context, now)}</p>
      <p>${formatDay(context, now)}</p>
    </div>
    <div class="notifications">${viewMissed(handset, state, context)} ${viewNotification(handset, state, context)}</div>
    <div class="lock-foot">
      <p class="screen-note" role="status">
        ${icon(isOffline ? "noNetwork" : "moon")}
        <span>${isOffline ? t.phone.noNetwork : isWaking ? t.phone.waking : t.phone.asleep}</span>
      </p>
      ${
        isOffline
          ? nothing
          : html`<button type="button" class="button glass" @click=${() => void handset.switchTo("foreground")}>
              ${t.phone.openApp}
            </button>`
      }
    </div>
  </div>`;
}

function viewMissed(handset: Handset, { app }: HandsetState, context: ViewContext): TemplateResult | typeof nothing {
  const { t } = context;
  if (app?.lastEnded === undefined) return nothing;
  const { call, reason, at } = app.lastEnded;
  return html`<div class="notification">
    <p class="notification-head">
      <strong>${missedEnds.has(reason) ? t.call.missed : t.call.ended}</strong><time>${formatWhen(context, at)}</time>
    </p>
    <p class="notification-caller"><bdi>${nameCaller(context, call)}</bdi></p>
    <p>${t.call.ends[reason]}</p>
    ${viewDismiss(() => handset.app?.dismissEnded(), context)}
  </div>`;
}

/** The system notification of a push. */
function viewNotification(
  handset: Handset,
  { notification }: HandsetState,
  context: ViewContext,
): TemplateResult | typeof nothing {
  if (notification === undefined) return nothing;
  const { title, body } = notification;
  return html`<div class="notification">
    <p class="notification-head">
      <strong><bdi>${title}</bdi></strong>
    </p>
    <p><bdi>${body}</bdi></p>
    ${viewDismiss(() => handset.dismissNotification(), context)}
  </div>`;
}

function viewDismiss(dismiss: () => void, { t }: ViewContext): TemplateResult {
  return html`<button type="button" class="button icon-only bare" aria-label=${t.call.dismiss} @click=${dismiss}>
    ${icon("cross")}
  </button>`;
}

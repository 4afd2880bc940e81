import { html, nothing, type TemplateResult } from "lit-html";
import type { CallEnd } from "../../../../packages/client/src/call-client.ts";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import type { Notification } from "../phone/notifications.ts";
import { nameCaller } from "./caller-view.ts";
import { icon } from "./icons.ts";
import { formatWhen } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** Ends of a missed call. */
const missedEnds: ReadonlySet<CallEnd> = new Set(["cancelled", "missed", "timeout", "unreachable"]);

/** The last call, if it is not dismissed, and the texts of pushes. */
export function viewNotifications(handset: Handset, state: HandsetState, context: ViewContext): TemplateResult {
  return html`<div class="notifications">
    ${viewLastCall(handset, state, context)}
    ${state.notifications.map((one) => viewNotification(handset, state, one, context))}
  </div>`;
}

function viewLastCall(handset: Handset, { app }: HandsetState, context: ViewContext): TemplateResult | typeof nothing {
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

/** The text of a push; a tap opens the app. */
function viewNotification(
  handset: Handset,
  { mode }: HandsetState,
  notification: Notification,
  context: ViewContext,
): TemplateResult {
  const { title, body, id, at } = notification;
  return html`<div class="notification">
    <button
      type="button"
      class="notification-tap"
      ?disabled=${mode === "offline"}
      @click=${() => void handset.openNotification(notification)}
    >
      <span class="notification-head">
        <strong><bdi>${title}</bdi></strong
        ><time>${formatWhen(context, at)}</time>
      </span>
      <span><bdi>${body}</bdi></span>
    </button>
    ${viewDismiss(() => handset.dismissNotification(id), context)}
  </div>`;
}

function viewDismiss(dismiss: () => void, { t }: ViewContext): TemplateResult {
  return html`<button type="button" class="button icon-only bare" aria-label=${t.call.dismiss} @click=${dismiss}>
    ${icon("cross")}
  </button>`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { icon } from "./icons.ts";
import { formatDay, formatTime } from "./format.ts";
import { viewNotifications } from "./notification-view.ts";
import type { ViewContext } from "./view-context.ts";

/** The lock screen, with missed calls and notifications. */
export function viewLockScreen(handset: Handset, state: HandsetState, context: ViewContext): TemplateResult {
  const { now } = context;
  return html`<div class="wallpaper lock-screen" data-mode=${state.mode === "offline" ? "offline" : "background"}>
    <div class="clock">
      ${state.ios === undefined ? nothing : html`<p class="padlock">${icon("lock")}</p>`}
      <p class="big-time">${formatTime(context, now)}</p>
      <p>${formatDay(context, now)}</p>
    </div>
    ${viewNotifications(handset, state, context)}
    <div class="lock-foot">${viewAppNote(state, context)} ${viewWayOut(handset, state, context)}</div>
  </div>`;
}

/** What the app does while the user does not see it. */
export function viewAppNote({ mode, app }: HandsetState, { t }: ViewContext): TemplateResult {
  const isOffline = mode === "offline";
  const isAwake = app !== undefined && app.connection !== "disconnected";
  const describe = () => {
    if (isOffline) return t.phone.noNetwork;
    if (mode === "closed") return t.iphone.closed;
    return isAwake ? t.phone.waking : t.phone.asleep;
  };
  return html`<p class="screen-note" role="status">
    ${icon(isOffline ? "noNetwork" : "moon")}
    <span>${describe()}</span>
  </p>`;
}

function viewWayOut(
  handset: Handset,
  { mode, ios }: HandsetState,
  { t }: ViewContext,
): TemplateResult | typeof nothing {
  if (ios !== undefined) return viewButton(t.iphone.unlock, () => handset.setLocked(false));
  return mode === "offline" ? nothing : viewButton(t.phone.openApp, () => void handset.switchTo("foreground"));
}

function viewButton(text: string, act: () => void): TemplateResult {
  return html`<button type="button" class="button glass" @click=${act}>${text}</button>`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { CallEnd } from "../../../../packages/client/src/call-client.ts";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { nameCaller } from "./caller-view.ts";
import { icon } from "./icons.ts";
import { formatDay, formatTime, formatWhen, type Words } from "./words.ts";

/** Ends that leave the user with a call that nobody took. */
const missedEnds: ReadonlySet<CallEnd> = new Set(["cancelled", "missed", "timeout", "unreachable"]);

/** A phone with its screen off, but for what happened meanwhile. */
export function viewLockScreen(handset: Handset, state: HandsetState, words: Words): TemplateResult {
  const { t, now } = words;
  const isOffline = state.mode === "offline";
  const isWaking = !isOffline && state.app !== undefined && state.app.connection !== "disconnected";
  return html`<div class="wallpaper lock-screen" data-mode=${isOffline ? "offline" : "background"}>
    <div class="clock">
      <p class="big-time">${formatTime(words, now)}</p>
      <p>${formatDay(words, now)}</p>
    </div>
    <div class="notifications">${viewMissed(handset, state, words)} ${viewNotification(handset, state, words)}</div>
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

function viewMissed(handset: Handset, { app }: HandsetState, words: Words): TemplateResult | typeof nothing {
  const { t } = words;
  if (app?.lastEnded === undefined) return nothing;
  const { call, reason, at } = app.lastEnded;
  return html`<div class="notification">
    <p class="notification-head">
      <strong>${missedEnds.has(reason) ? t.call.missed : t.call.ended}</strong><time>${formatWhen(words, at)}</time>
    </p>
    <p class="notification-caller"><bdi>${nameCaller(words, call)}</bdi></p>
    <p>${t.call.ends[reason]}</p>
    ${viewDismiss(() => handset.app?.dismissEnded(), words)}
  </div>`;
}

/** What the system shows of a push by itself, without the app. */
function viewNotification(
  handset: Handset,
  { notification }: HandsetState,
  words: Words,
): TemplateResult | typeof nothing {
  if (notification === undefined) return nothing;
  const { title, body } = notification;
  return html`<div class="notification">
    <p class="notification-head">
      <strong><bdi>${title}</bdi></strong>
    </p>
    <p><bdi>${body}</bdi></p>
    ${viewDismiss(() => handset.dismissNotification(), words)}
  </div>`;
}

function viewDismiss(dismiss: () => void, { t }: Words): TemplateResult {
  return html`<button type="button" class="button icon-only bare" aria-label=${t.call.dismiss} @click=${dismiss}>
    ${icon("cross")}
  </button>`;
}

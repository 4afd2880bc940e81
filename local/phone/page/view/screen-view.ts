import { html, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { viewActive } from "./active-view.ts";
import { viewEnded } from "./ended-view.ts";
import { viewHome } from "./home-view.ts";
import { icon } from "./icons.ts";
import { viewCallKit } from "./call-kit-view.ts";
import { viewIncoming } from "./incoming-view.ts";
import { viewCrash } from "./iphone-view.ts";
import { viewHomeScreen, viewUninstalled } from "./launcher-view.ts";
import { viewLockScreen } from "./lock-screen-view.ts";
import { explainError, formatTime } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** How long a call's end stays on the screen, in milliseconds. */
const endedMs = 5_000;

/** Content of a phone's screen; `key` tells screens apart for the keyboard's focus. */
interface Screen {
  readonly key: string;
  readonly content: TemplateResult;
}

/** The screen of a phone. */
export function viewScreen(handset: Handset, state: HandsetState, context: ViewContext): TemplateResult {
  const { key, content } = chooseScreen(handset, state, context);
  return html`<div class="screen" tabindex="-1" data-screen=${key}>
    <div class="status-bar" aria-hidden="true">
      <span>${formatTime(context, context.now)}</span>
      <span>${icon(state.mode === "offline" ? "noNetwork" : "wifi")}${icon("battery")}</span>
    </div>
    ${content} ${viewCrash(handset, context)} ${viewError(handset, state, context)}
  </div>`;
}

function chooseScreen(handset: Handset, state: HandsetState, context: ViewContext): Screen {
  const { mode, target, app } = state;
  const call = app && chooseCall(handset, app.calls, context);
  if (call !== undefined) return call;
  const { lastEnded } = app ?? {};
  if (lastEnded !== undefined && context.now - lastEnded.at < endedMs) {
    return { key: "ended", content: viewEnded(handset, lastEnded, context) };
  }
  if (mode === undefined) {
    const text = target === undefined ? "" : context.t.phone.switching[target];
    return {
      key: "starting",
      content: html`<div class="wallpaper"><p class="screen-note" role="status">${text}</p></div>`,
    };
  }
  if (mode === "foreground") return { key: "home", content: viewHome(state, context) };
  if (mode === "uninstalled") return { key: "uninstalled", content: viewUninstalled(handset, state, context) };
  if (state.ios?.isLocked === false) return { key: mode, content: viewHomeScreen(handset, state, context) };
  return { key: `locked ${mode}`, content: viewLockScreen(handset, state, context) };
}

/** The active or else the first call takes the screen; other ringing calls are shown over it. */
function chooseCall(
  handset: Handset,
  calls: NonNullable<HandsetState["app"]>["calls"],
  context: ViewContext,
): Screen | undefined {
  const active = calls.find(({ state }) => state === "active");
  const call = active ?? calls[0];
  if (call === undefined) return undefined;
  const others = calls.filter(({ id }) => id !== call.id);
  const viewRinging = handset.ios === undefined ? viewIncoming : viewCallKit;
  return call === active
    ? { key: `active ${call.id}`, content: viewActive(handset, call, others, context) }
    : { key: `incoming ${call.id}`, content: viewRinging(handset, call, others, context) };
}

function viewError(handset: Handset, { error }: HandsetState, context: ViewContext): TemplateResult {
  if (error === undefined) return html``;
  return html`<div class="screen-error" role="alert">
    ${icon("warning")}
    <p>${explainError(context, error)}</p>
    <button type="button" class="button" @click=${() => void handset.start()}>${context.t.page.tryAgain}</button>
  </div>`;
}

import { html, type TemplateResult } from "lit-html";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { viewActive } from "./active-view.ts";
import { viewEnded } from "./ended-view.ts";
import { viewHome } from "./home-view.ts";
import { icon } from "./icons.ts";
import { viewIncoming } from "./incoming-view.ts";
import { viewLockScreen } from "./lock-screen-view.ts";
import { explainError, formatTime, type Words } from "./words.ts";

/** For how long a call's end stays on the screen, in milliseconds. */
const endedMs = 5_000;

/** What is on a phone's screen: which screen it is, for the keyboard's focus, and how it looks. */
interface Screen {
  readonly key: string;
  readonly content: TemplateResult;
}

/** The screen of a phone. */
export function viewScreen(handset: Handset, state: HandsetState, words: Words): TemplateResult {
  const { key, content } = chooseScreen(handset, state, words);
  return html`<div class="screen" tabindex="-1" data-screen=${key}>
    <div class="status-bar" aria-hidden="true">
      <span>${formatTime(words, words.now)}</span>
      <span>${icon(state.mode === "offline" ? "noNetwork" : "wifi")}${icon("battery")}</span>
    </div>
    ${content} ${viewError(handset, state, words)}
  </div>`;
}

function chooseScreen(handset: Handset, state: HandsetState, words: Words): Screen {
  const { mode, target, app } = state;
  const call = app && chooseCall(handset, app.calls, words);
  if (call !== undefined) return call;
  const { lastEnded } = app ?? {};
  if (lastEnded !== undefined && words.now - lastEnded.at < endedMs) {
    return { key: "ended", content: viewEnded(handset, lastEnded, words) };
  }
  if (mode === undefined) {
    const text = target === undefined ? "" : words.t.phone.switching[target];
    return {
      key: "starting",
      content: html`<div class="wallpaper"><p class="screen-note" role="status">${text}</p></div>`,
    };
  }
  if (mode === "foreground") return { key: "home", content: viewHome(state, words) };
  if (mode === "uninstalled") return { key: "uninstalled", content: viewUninstalled(handset, state, words) };
  return { key: mode, content: viewLockScreen(handset, state, words) };
}

/** A call takes the screen; what else rings is announced over it. */
function chooseCall(
  handset: Handset,
  calls: NonNullable<HandsetState["app"]>["calls"],
  words: Words,
): Screen | undefined {
  const active = calls.find(({ state }) => state === "active");
  const call = active ?? calls[0];
  if (call === undefined) return undefined;
  const others = calls.filter(({ id }) => id !== call.id);
  return call === active
    ? { key: `active ${call.id}`, content: viewActive(handset, call, others, words) }
    : { key: `incoming ${call.id}`, content: viewIncoming(handset, call, others, words) };
}

function viewUninstalled(handset: Handset, { target }: HandsetState, { t }: Words): TemplateResult {
  return html`<div class="launcher">
    <div class="app-grid" aria-hidden="true">${Array.from({ length: 8 }, () => html`<i></i>`)}</div>
    <p>${t.phone.notInstalled}</p>
    <button
      type="button"
      class="button"
      ?disabled=${target !== undefined}
      @click=${() => void handset.switchTo("foreground")}
    >
      ${icon("install")}<span>${t.phone.installAgain}</span>
    </button>
  </div>`;
}

function viewError(handset: Handset, { error }: HandsetState, words: Words): TemplateResult {
  if (error === undefined) return html``;
  return html`<div class="screen-error" role="alert">
    ${icon("warning")}
    <p>${explainError(words, error)}</p>
    <button type="button" class="button" @click=${() => void handset.start()}>${words.t.page.tryAgain}</button>
  </div>`;
}

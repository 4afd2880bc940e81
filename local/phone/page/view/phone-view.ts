import { html, nothing, type TemplateResult } from "lit-html";
import { classMap } from "lit-html/directives/class-map.js";
import type { PageModel } from "../page-model.ts";
import type { Handset } from "../phone/handset.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import type { Mode } from "../phone/saved-phones.ts";
import type { Platform } from "../stack/push.ts";
import { icon } from "./icons.ts";
import { viewIphoneSwitches, viewVoipVital } from "./iphone-view.ts";
import { viewScreen } from "./screen-view.ts";
import { viewTrace } from "./trace-view.ts";
import { namePhone } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** The modes of both systems; only an iPhone's user closes an app for good. */
const modes: Readonly<Record<Platform, readonly Mode[]>> = {
  android: ["foreground", "background", "offline", "uninstalled"],
  ios: ["foreground", "background", "closed", "offline", "uninstalled"],
};

/** One phone, with its modes and its trace. */
export function viewPhone(model: PageModel, handset: Handset, context: ViewContext): TemplateResult {
  const { state } = handset;
  const name = namePhone(context, state);
  const { calls = [] } = state.app ?? {};
  const isRinging = calls.some((call) => call.state === "ringing" && !call.waiting);
  return html`<section class="phone" aria-label=${name}>
    ${viewHeading(model, handset, context)}
    <div class="phone-body">
      <div class=${classMap({ handset: true, iphone: state.ios !== undefined, ringing: isRinging })}>
        ${viewScreen(handset, state, context)}
      </div>
      <div class="phone-side">
        ${viewModes(handset, state, context)} ${viewIphoneSwitches(handset, context)}
        ${viewVitals(handset, state, context)} ${viewTrace(state, model.state.pbx.calls ?? [], context)}
      </div>
    </div>
  </section>`;
}

function viewHeading(model: PageModel, handset: Handset, context: ViewContext): TemplateResult {
  const { t } = context;
  const { saved, app } = handset.state;
  const name = namePhone(context, handset.state);
  const lines = app === undefined ? "" : ` · ${app.extens.join(", ") || t.phone.noLine}`;
  const isDemoPhone = saved.deviceId === model.state.config?.demoPhone.deviceId;
  return html`<header class="phone-heading">
    <h2>${name}</h2>
    <p>${t.phone.platforms[saved.platform]} · ${saved.email}${lines}</p>
    ${
      isDemoPhone
        ? nothing
        : html`<button
            type="button"
            class="button quiet icon-only"
            aria-label=${t.phone.remove(name)}
            title=${t.phone.remove(name)}
            @click=${() => void model.removePhone(handset)}
          >
            ${icon("cross")}
          </button>`
    }
  </header>`;
}

function viewModes(
  handset: Handset,
  { mode, target, app, saved, ios }: HandsetState,
  { t }: ViewContext,
): TemplateResult {
  const shown = target ?? mode;
  const isGone = shown === "uninstalled";
  const isWoken = shown === "background" && app !== undefined && app.connection !== "disconnected";
  const explainMode = () => {
    if (target !== undefined) return t.phone.switching[target];
    if (mode === undefined) return nothing;
    const state = isWoken ? "woken" : mode;
    return (ios && t.iphone.explanations[state]) ?? t.phone.explanations[state];
  };
  return html`<div class="modes">
    <div class="segments" role="group" aria-label=${t.phone.state}>
      ${modes[saved.platform].map(
        (one) =>
          html`<button
            type="button"
            aria-pressed=${one === shown ? "true" : "false"}
            ?disabled=${isGone && one !== shown}
            @click=${() => void handset.switchTo(one)}
          >
            ${t.phone.modes[one]}
          </button>`,
      )}
    </div>
    <p>${explainMode()}</p>
  </div>`;
}

/** The states of a phone's two connections. */
function viewVitals(handset: Handset, { mode, isListening, app }: HandsetState, context: ViewContext): TemplateResult {
  const { t } = context;
  if (mode === undefined) return html``;
  const connection = app?.connection ?? "disconnected";
  return html`<dl class="vitals">
    <div data-lamp=${isListening ? "on" : "off"}>
      <dt>${t.phone.push}</dt>
      <dd>${isListening ? t.phone.listening : t.phone.notListening}</dd>
    </div>
    ${viewVoipVital(handset, context)}
    <div data-lamp=${connection === "connected" ? "on" : connection === "connecting" ? "waiting" : "off"}>
      <dt>${t.phone.webSocket}</dt>
      <dd>${t.phone.connections[connection]}</dd>
    </div>
  </dl>`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Handset } from "../phone/handset.ts";
import { allowedMisses } from "../phone/iphone/ios.ts";
import { icon } from "./icons.ts";
import type { ViewContext } from "./view-context.ts";

/** What the user of an iPhone can do beside its modes: lock it, and give it a faulty app. */
export function viewIphoneSwitches(handset: Handset, { t }: ViewContext): TemplateResult | typeof nothing {
  const { ios } = handset;
  if (ios === undefined) return nothing;
  const { isLocked, forgetsToReport } = ios.state;
  return html`<div class="iphone-switches">
    <button
      type="button"
      class="button quiet"
      aria-pressed=${isLocked ? "true" : "false"}
      @click=${() => handset.setLocked(!isLocked)}
    >
      ${icon(isLocked ? "lock" : "unlock")}<span>${t.iphone.locked}</span>
    </button>
    <label class="check">
      <input type="checkbox" .checked=${live(forgetsToReport)} @change=${() => ios.setForgetful(!forgetsToReport)} />
      <span>${t.iphone.forgets}<small>${t.iphone.forgetsHint}</small></span>
    </label>
  </div>`;
}

/** Whether iOS delivers VoIP pushes to the app, beside the states of a phone's connections. */
export function viewVoipVital(handset: Handset, { t }: ViewContext): TemplateResult | typeof nothing {
  if (handset.ios === undefined) return nothing;
  const { takesVoip } = handset.ios.state;
  return html`<div data-lamp=${takesVoip ? "on" : "off"}>
    <dt>${t.iphone.voip}</dt>
    <dd>${takesVoip ? t.iphone.delivered : t.iphone.stopped}</dd>
  </div>`;
}

/** An app that iOS has ended. A real iPhone shows nothing, which is the trouble with it. */
export function viewCrash(handset: Handset, { t }: ViewContext): TemplateResult | typeof nothing {
  const { ios } = handset;
  if (ios?.state.hasCrashed !== true) return nothing;
  const { misses, takesVoip } = ios.state;
  return html`<div class="screen-error" role="alert">
    ${icon("warning")}
    <p><strong>${t.iphone.crash}</strong></p>
    <p>${takesVoip ? t.iphone.crashWarning(misses, allowedMisses) : t.iphone.crashStopped}</p>
    <button type="button" class="button" @click=${() => ios.dismissCrash()}>${t.call.dismiss}</button>
  </div>`;
}

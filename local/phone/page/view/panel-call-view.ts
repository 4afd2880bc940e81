import { html, nothing, type TemplateResult } from "lit-html";
import type { CallAction, PanelCall } from "../../wire.ts";
import type { PbxPanel } from "../pbx-panel.ts";
import { formatOffset, formatSecond } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** One call at the PBX: its state, its actions and its steps. */
export function viewPanelCall(pbx: PbxPanel, call: PanelCall, isLatest: boolean, context: ViewContext): TemplateResult {
  const { t } = context;
  const caller = call.callerName || call.callerId || t.call.withheld;
  return html`<article class="panel-call" tabindex="-1" data-state=${call.state} aria-label=${t.pbx.callFrom(caller)}>
    <header>
      <h4 title=${caller}><bdi>${caller}</bdi></h4>
      <p class="badge" role="status" data-tone=${tones[call.state]}>${describeState(call, context)}</p>
      <p class="panel-call-about">
        <time datetime=${call.placedAt}>${formatSecond(context, Date.parse(call.placedAt))}</time>
        <span
          >${call.callerName === "" || call.callerId === "" ? nothing : html`<bdi>${call.callerId}</bdi> `}→
          ${call.extens.join(", ")}</span
        >
      </p>
    </header>
    ${viewActions(pbx, call, context)} ${viewSteps(call, isLatest || call.state !== "ended", context)}
  </article>`;
}

const tones: Readonly<Record<PanelCall["state"], string>> = {
  waking: "waiting",
  ringing: "waiting",
  answered: "good",
  ended: "idle",
};

function describeState({ state, answeredBy, endedBy, ringsDeskOnly }: PanelCall, { t }: ViewContext): string {
  if (state === "ringing" && ringsDeskOnly === true) return t.pbx.ringsDeskOnly;
  if (state === "answered" && answeredBy !== undefined) return t.pbx.answeredBy[answeredBy];
  return state === "ended" && endedBy !== undefined ? t.pbx.endedBy[endedBy] : t.pbx.states[state];
}

function viewActions(
  pbx: PbxPanel,
  { state, linkedId }: PanelCall,
  { t }: ViewContext,
): TemplateResult | typeof nothing {
  const button = (action: CallAction, text: string) =>
    html`<button type="button" class="button ${action}" @click=${() => void pbx.act(linkedId, action)}>
      ${text}
    </button>`;
  if (state === "ended") return nothing;
  return html`<div class="panel-call-actions">
    ${
      state === "answered"
        ? button("hang-up", t.pbx.hangUp)
        : [button("give-up", t.pbx.giveUp), button("answer-at-desk", t.pbx.answerAtDesk)]
    }
  </div>`;
}

function viewSteps({ steps }: PanelCall, isOpen: boolean, context: ViewContext): TemplateResult {
  return html`<details class="panel-call-steps" ?open=${isOpen}>
    <summary>${context.t.pbx.steps(steps.length)}</summary>
    <ol>
      ${steps.map(
        ({ atMs, what }) =>
          html`<li>
            <span class="offset">${formatOffset(context, atMs)}</span><span class="step"><bdi>${what}</bdi></span>
          </li>`,
      )}
    </ol>
  </details>`;
}

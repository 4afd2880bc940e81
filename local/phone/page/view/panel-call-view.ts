import { html, nothing, type TemplateResult } from "lit-html";
import type { CallAction, PanelCall } from "../../wire.ts";
import type { PbxPanel } from "../pbx-panel.ts";
import { formatOffset, formatSecond, type Words } from "./words.ts";

/** One call as the PBX sees it: how it stands, what can be done to it, and what it went through. */
export function viewPanelCall(pbx: PbxPanel, call: PanelCall, isLatest: boolean, words: Words): TemplateResult {
  const { t } = words;
  const caller = call.callerName || call.callerId || t.call.withheld;
  return html`<article class="panel-call" tabindex="-1" data-state=${call.state} aria-label=${t.pbx.callFrom(caller)}>
    <header>
      <h4 title=${caller}><bdi>${caller}</bdi></h4>
      <p class="chip" role="status">${describeState(call, words)}</p>
      <p class="panel-call-about">
        <time datetime=${call.placedAt}>${formatSecond(words, Date.parse(call.placedAt))}</time>
        <span
          >${call.callerName === "" || call.callerId === "" ? nothing : html`<bdi>${call.callerId}</bdi> `}→
          ${call.extens.join(", ")}</span
        >
      </p>
    </header>
    ${viewActions(pbx, call, words)} ${viewSteps(call, isLatest || call.state !== "ended", words)}
  </article>`;
}

function describeState({ state, answeredBy, endedBy }: PanelCall, { t }: Words): string {
  if (state === "answered" && answeredBy !== undefined) return t.pbx.answeredBy[answeredBy];
  return state === "ended" && endedBy !== undefined ? t.pbx.endedBy[endedBy] : t.pbx.states[state];
}

function viewActions(pbx: PbxPanel, { state, linkedId }: PanelCall, { t }: Words): TemplateResult | typeof nothing {
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

function viewSteps({ steps }: PanelCall, isOpen: boolean, words: Words): TemplateResult {
  return html`<details class="panel-call-steps" ?open=${isOpen}>
    <summary>${words.t.pbx.steps(steps.length)}</summary>
    <ol>
      ${steps.map(
        ({ atMs, what }) =>
          html`<li>
            <span class="offset">${formatOffset(words, atMs)}</span><span class="step"><bdi>${what}</bdi></span>
          </li>`,
      )}
    </ol>
  </details>`;
}

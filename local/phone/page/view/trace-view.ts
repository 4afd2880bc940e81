import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { PanelCall } from "../../wire.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import type { Step, TraceGroup } from "../phone/trace.ts";
import { describeStep } from "./step-text.ts";
import { formatOffset, formatSecond, formatSpan, namePhone, type Words } from "./words.ts";

/** What happened on a phone, the latest call on top. */
export function viewTrace(state: HandsetState, calls: readonly PanelCall[], words: Words): TemplateResult {
  const { t } = words;
  const { trace } = state;
  return html`<div class="trace">
    <h3>${t.trace.heading}</h3>
    <div class="trace-log" role="log" tabindex="0" aria-label=${t.trace.title(namePhone(words, state))}>
      ${trace.calls.length === 0 && state.mode !== undefined ? html`<p class="quiet">${t.trace.empty}</p>` : nothing}
      ${repeat(
        trace.calls.toReversed(),
        ({ id }) => id,
        (group) => viewCallGroup(group, calls, words),
      )}
      ${trace.own.steps.length === 0 ? nothing : viewOwnGroup(trace.own, words)}
    </div>
  </div>`;
}

/** A call's steps, in milliseconds since its push arrived and since it was placed. */
function viewCallGroup({ call, pushAt, steps }: TraceGroup, calls: readonly PanelCall[], words: Words): TemplateResult {
  const { t } = words;
  const placed = calls.find(({ linkedId }) => linkedId === call?.linkedId)?.placedAt;
  const placedAt = placed === undefined ? undefined : Date.parse(placed);
  const since = (start: number | undefined, { at }: Step) =>
    start === undefined ? "" : formatOffset(words, at - start);
  return html`<section class="trace-group">
    <h4>
      <bdi>${call?.caller || t.call.withheld}</bdi>
      ${steps[0] === undefined ? nothing : html`<time>${formatSecond(words, steps[0].at)}</time>`}
    </h4>
    ${viewSummary(steps, placedAt, words)}
    <p class="trace-columns" aria-hidden="true"><span>${t.trace.sincePush}</span><span>${t.trace.sincePlaced}</span></p>
    <ol>
      ${repeat(
        steps,
        ({ id }) => id,
        (step) =>
          html`<li data-kind=${step.kind}>
            <span class="offset">${since(pushAt, step)}</span>
            <span class="offset">${since(placedAt, step)}</span>
            ${viewStep(step, words)}
          </li>`,
      )}
    </ol>
  </section>`;
}

/** The one number that matters: how long the caller heard nothing ring. */
function viewSummary(steps: readonly Step[], placedAt: number | undefined, words: Words): TemplateResult {
  const shown = steps.find(({ kind }) => kind === "shown");
  if (shown === undefined || placedAt === undefined) return html``;
  return html`<p class="trace-summary">${words.t.trace.rang(formatSpan(words, shown.at - placedAt))}</p>`;
}

function viewOwnGroup({ steps }: TraceGroup, words: Words): TemplateResult {
  return html`<section class="trace-group own">
    <h4>${words.t.trace.thisPhone}</h4>
    <ol>
      ${repeat(
        steps,
        ({ id }) => id,
        (step) =>
          html`<li data-kind=${step.kind}>
            <span class="offset">${formatSecond(words, step.at)}</span>
            ${viewStep(step, words)}
          </li>`,
      )}
    </ol>
  </section>`;
}

function viewStep(step: Step, words: Words): TemplateResult {
  const { text, detail } = describeStep(step, words);
  return html`<span class="step">${text}${detail === undefined ? nothing : html`<small>${detail}</small>`}</span>`;
}

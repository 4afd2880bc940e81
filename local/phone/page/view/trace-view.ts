import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { PanelCall } from "../../wire.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import type { Step, TraceGroup } from "../phone/trace.ts";
import { describeStep } from "./step-text.ts";
import { formatOffset, formatSecond, formatSpan, namePhone } from "./format.ts";
import type { ViewContext } from "./view-context.ts";

/** The trace of a phone, latest call first. */
export function viewTrace(state: HandsetState, calls: readonly PanelCall[], context: ViewContext): TemplateResult {
  const { t } = context;
  const { trace } = state;
  return html`<div class="trace">
    <h3>${t.trace.heading}</h3>
    <div
      class="trace-log"
      role="log"
      aria-relevant="additions"
      tabindex="0"
      aria-label=${t.trace.title(namePhone(context, state))}
    >
      ${trace.calls.length === 0 && state.mode !== undefined ? html`<p class="quiet">${t.trace.empty}</p>` : nothing}
      ${repeat(
        trace.calls.toReversed(),
        ({ id }) => id,
        (group) => viewCallGroup(group, calls, context),
      )}
      ${trace.own.steps.length === 0 ? nothing : viewOwnGroup(trace.own, context)}
    </div>
  </div>`;
}

/** A call's steps, in milliseconds since its push arrived and since it was placed. */
function viewCallGroup(
  { call, pushAt, steps }: TraceGroup,
  calls: readonly PanelCall[],
  context: ViewContext,
): TemplateResult {
  const { t } = context;
  const placed = calls.find(({ linkedId }) => linkedId === call?.linkedId)?.placedAt;
  const placedAt = placed === undefined ? undefined : Date.parse(placed);
  const since = (start: number | undefined, { at }: Step) =>
    start === undefined ? "" : formatOffset(context, at - start);
  return html`<section class="trace-group">
    <h4>
      <bdi>${call?.caller || t.call.withheld}</bdi>
      ${steps[0] === undefined ? nothing : html`<time>${formatSecond(context, steps[0].at)}</time>`}
    </h4>
    ${viewSummary(steps, placedAt, context)}
    <p class="trace-columns" aria-hidden="true"><span>${t.trace.sincePush}</span><span>${t.trace.sincePlaced}</span></p>
    <ol>
      ${repeat(
        steps,
        ({ id }) => id,
        (step) =>
          html`<li data-kind=${step.kind}>
            <span class="offset">${since(pushAt, step)}</span>
            <span class="offset">${since(placedAt, step)}</span>
            ${viewStep(step, context)}
          </li>`,
      )}
    </ol>
  </section>`;
}

/** The most important figure: the time from placing the call to the phone's ring. */
function viewSummary(steps: readonly Step[], placedAt: number | undefined, context: ViewContext): TemplateResult {
  const shown = steps.find(({ kind }) => kind === "shown" || kind === "callKit");
  if (shown === undefined || placedAt === undefined) return html``;
  return html`<p class="trace-summary">${context.t.trace.rang(formatSpan(context, shown.at - placedAt))}</p>`;
}

function viewOwnGroup({ steps }: TraceGroup, context: ViewContext): TemplateResult {
  return html`<section class="trace-group own">
    <h4>${context.t.trace.thisPhone}</h4>
    <ol>
      ${repeat(
        steps,
        ({ id }) => id,
        (step) =>
          html`<li data-kind=${step.kind}>
            <span class="offset">${formatSecond(context, step.at)}</span>
            ${viewStep(step, context)}
          </li>`,
      )}
    </ol>
  </section>`;
}

function viewStep(step: Step, context: ViewContext): TemplateResult {
  const { text, detail, channel } = describeStep(step, context);
  return html`<span class="step"
    >${text}${
      channel === undefined
        ? nothing
        : html` <span class="channel" data-channel=${channel}>${context.t.trace.channels[channel]}</span>`
    }${detail === undefined ? nothing : html`<small>${detail}</small>`}</span
  >`;
}

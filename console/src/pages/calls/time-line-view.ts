import { html, nothing, type TemplateResult } from "lit-html";
import type { RingStory, Step, StepName } from "../../../../functions/src/console/wire.ts";
import { formatSpan, viewTime } from "../../view/format.ts";
import type { Tone } from "../../view/badge.ts";
import { namePhone } from "../../view/name-phone.ts";
import type { ViewContext } from "../../view/view-context.ts";

const tones: Readonly<Record<StepName, Tone>> = {
  announced: "idle",
  ended: "idle",
  timed_out: "bad",
  refused: "bad",
  accepted: "waiting",
  received: "waiting",
  ready: "good",
  failed: "bad",
  answered: "good",
  declined: "idle",
  stopped: "idle",
  told: "idle",
};

/** What happened to a ring and when, from the PBX's announcement on. */
export function viewTimeLine(context: ViewContext, { steps, phones }: RingStory): TemplateResult {
  const { t } = context;
  const nameOf = (id: string) => {
    const phone = phones.find(({ deviceId }) => deviceId === id);
    return phone === undefined ? id : namePhone(phone);
  };
  return html`<ol class="time-line" aria-label=${t.call.timeLine}>
    ${steps.map((step) => viewStep(context, step, phones.length > 1 ? nameOf : undefined))}
  </ol>`;
}

function viewStep(context: ViewContext, step: Step, nameOf: ((id: string) => string) | undefined): TemplateResult {
  const { t } = context;
  const { at, ms, step: name, deviceId, channel, reason } = step;
  return html`<li data-tone=${tones[name]}>
    <span class="clock">${viewTime(context, at, "clock")}</span>
    <span class="offset">${formatSpan(context, ms, "exceptZero")}</span>
    <span class="what"
      >${t.steps[name]}${channel === undefined ? nothing : html` <span class="badge">${t.channels[channel]}</span>`}
      ${reason === undefined ? nothing : html`<code>${reason}</code>`}
      ${deviceId === undefined || nameOf === undefined ? nothing : html`<small><bdi>${nameOf(deviceId)}</bdi></small>`}
    </span>
  </li>`;
}

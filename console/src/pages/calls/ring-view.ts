import { html, nothing, type TemplateResult } from "lit-html";
import type { PhoneOfRing, RingStory } from "../../../../functions/src/console/wire.ts";
import { hrefTo } from "../../state/route.ts";
import { formatSpan, viewTime } from "../../view/format.ts";
import { namePhone } from "../../view/name-phone.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { viewFinding } from "./finding-view.ts";
import { viewOutcome, viewPhoneState } from "./ring-columns.ts";
import { viewTimeLine } from "./time-line-view.ts";

/** One ring of a call: what it was, the verdict, and what happened when. */
export function viewRing(context: ViewContext, ring: RingStory): TemplateResult {
  const { t } = context;
  const { callId, exten, verdict, phones } = ring;
  return html`<section class="panel ring" aria-labelledby="ring-${callId}">
    <header class="bar">
      <h2 id="ring-${callId}">${viewTime(context, ring.announcedAt)} → <bdi>${exten}</bdi></h2>
      ${viewOutcome(context, { ...ring, phones: [] })}
    </header>
    <h3>${t.call.verdict}</h3>
    ${verdict === undefined ? nothing : viewFinding(context, verdict)}
    ${phones.map((phone) => viewPhone(context, ring, phone))}
    <h3>${t.call.timeLine}</h3>
    ${viewTimeLine(context, ring)}
    <h3>${t.call.details}</h3>
    ${viewAbout(context, ring)}
  </section>`;
}

function viewAbout(context: ViewContext, ring: RingStory): TemplateResult {
  const { t } = context;
  const { pbxId, linkedId, uid, email, ringEndsAt, callId, joined } = ring;
  return html`<dl class="facts">
    <div>
      <dt>${t.ring.pbx}</dt>
      <dd><bdi>${pbxId}</bdi></dd>
    </div>
    <div>
      <dt>${t.call.user}</dt>
      <dd>
        ${uid === undefined ? t.call.noUser : html`<a href=${hrefTo("phones", [], { user: uid })}>${email ?? uid}</a>`}
      </dd>
    </div>
    <div>
      <dt>${t.call.ringEnds}</dt>
      <dd>${viewTime(context, ringEndsAt, "clock")}</dd>
    </div>
    <div>
      <dt>${t.call.linkedId}</dt>
      <dd><code>${linkedId}</code></dd>
    </div>
    <div>
      <dt>${t.call.callId}</dt>
      <dd><code>${callId}</code></dd>
    </div>
    ${
      joined === undefined
        ? nothing
        : html`<div>
            <dt>${t.call.joined}</dt>
            <dd>
              <a href=${hrefTo("calls", [joined])}><code>${joined}</code></a>
            </dd>
          </div>`
    }
  </dl>`;
}

function viewPhone(context: ViewContext, { uid }: RingStory, phone: PhoneOfRing): TemplateResult {
  const { deviceId, verdict } = phone;
  const name = namePhone(phone);
  return html`<article class="phone" aria-label=${name}>
    <header class="bar">
      <h4>${uid === undefined ? name : html`<a href=${hrefTo("phones", [uid, deviceId])}>${name}</a>`}</h4>
      ${viewPhoneState(context, phone)}
    </header>
    ${viewFinding(context, verdict)} ${viewPush(context, phone)}
  </article>`;
}

/** What the phone saw of the push that may explain a late one. */
function viewPush(context: ViewContext, phone: PhoneOfRing): TemplateResult | typeof nothing {
  const { t } = context;
  const { priority, originalPriority, clockOffMs, error } = phone;
  const notes = [
    ...(error === undefined ? [] : [t.call.refusedWith(error)]),
    ...(priority === "normal" && originalPriority === "high" ? [t.call.lowered] : []),
    ...(clockOffMs === undefined || Math.abs(clockOffMs) < 1000
      ? []
      : [t.call.clockOff(formatSpan(context, clockOffMs, "exceptZero"))]),
  ];
  return notes.length === 0 ? nothing : html`<p class="quiet">${notes.join(" · ")}</p>`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { Probe } from "../../../../functions/src/console/wire.ts";
import { hrefTo } from "../../state/route.ts";
import { viewBadge, type Tone } from "../../view/badge.ts";
import { viewTime } from "../../view/format.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** The probe rings each hour; one run may be skipped. */
const oldMs = 2.5 * 3_600_000;

/** Whether the probe's last ring came through, in a line; the doctor has more. */
export function viewProbe(context: ViewContext, probe: Probe | undefined): TemplateResult | typeof nothing {
  if (probe === undefined) return nothing;
  const { t } = context;
  const [last] = probe.results;
  const [tone, text] = judge(context, probe);
  return html`<section class="probe" aria-label=${t.doctor.probe}>
    <a href=${hrefTo("doctor")}>${t.doctor.probe}</a>
    ${viewBadge(tone, text)}
    ${last === undefined ? nothing : html`<span class="quiet">${viewTime(context, last.at, "minute")}</span>`}
  </section>`;
}

function judge({ t, now }: ViewContext, { isOff, results: [last] }: Probe): readonly [Tone, string] {
  if (isOff) return ["idle", t.doctor.off];
  if (last === undefined) return ["idle", t.doctor.noProbe];
  if (!last.isOk) return ["bad", t.doctor.broken];
  return now - Date.parse(last.at) > oldMs ? ["waiting", t.doctor.overdue] : ["good", t.doctor.through];
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { Doctor, DoctorFinding, Probe, ProbeResult } from "../../../../functions/src/console/wire.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { viewBadge, type Tone } from "../../view/badge.ts";
import { viewError } from "../../view/error-view.ts";
import { formatSpan, viewTime } from "../../view/format.ts";
import { viewTable } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";

const tones: Readonly<Record<DoctorFinding["level"], Tone>> = { ok: "good", warn: "waiting", error: "bad" };

/** Whether the service is well: its own checks, and the probe. */
export class DoctorPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #doctor: Loaded<Doctor>;
  readonly #probe: Loaded<Probe>;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#doctor = new Loaded(tools.onChange);
    this.#probe = new Loaded(tools.onChange);
    this.#load();
  }

  title(t: Texts): string {
    return t.sections.doctor;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error, isLoading } = this.#doctor;
    return html`
      <section class="panel" aria-labelledby="findings">
        <header class="bar">
          <h2 id="findings">${t.doctor.findings}</h2>
          ${value === undefined ? nothing : html`<span class="quiet">${viewTime(context, value.checkedAt)}</span>`}
          <button type="button" class="button" ?disabled=${isLoading} @click=${() => this.#load()}>
            ${t.doctor.again}
          </button>
        </header>
        ${viewError(context, error)}
        ${value === undefined && error === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : nothing}
        <ul class="findings">
          ${value?.findings.toSorted(byLevel).map((finding) => viewOne(context, finding))}
        </ul>
        <p class="quiet">${t.doctor.more} <code>npm run ops -- doctor</code></p>
      </section>
      <section class="panel" aria-labelledby="probe">
        <h2 id="probe">${t.doctor.probe}</h2>
        <p class="quiet">${t.doctor.probeAbout}</p>
        ${viewError(context, this.#probe.error)} ${this.#viewProbe(context)}
      </section>
    `;
  }

  close(): void {
    // Nothing goes on.
  }

  #viewProbe(context: ViewContext): TemplateResult | typeof nothing {
    const { t } = context;
    const { value } = this.#probe;
    if (value === undefined) return nothing;
    if (value.results.length === 0) {
      return html`<p class="empty">${value.isOff ? t.doctor.off : t.doctor.noProbe}</p>`;
    }
    return viewTable({
      label: t.doctor.probe,
      rows: value.results,
      keyOf: ({ at }) => at,
      columns: [
        { name: t.ring.time, cell: ({ at }) => viewTime(context, at, "minute") },
        {
          name: t.doctor.result,
          cell: ({ isOk, callId }) =>
            html`${viewBadge(isOk ? "good" : "bad", isOk ? t.doctor.through : t.doctor.broken)}
            ${callId === undefined ? nothing : html`<a href=${hrefTo("calls", [callId])}>${t.search.why}</a>`}`,
        },
        { name: t.doctor.steps, cell: ({ steps }) => steps.map((step) => viewStep(context, step)) },
      ],
    });
  }

  #load(): void {
    const { ask } = this.#tools;
    void this.#doctor.load(async () => ask("doctor", {}));
    void this.#probe.load(async () => ask("probe", {}));
  }
}

const levels: readonly DoctorFinding["level"][] = ["error", "warn", "ok"];

function byLevel(one: DoctorFinding, other: DoctorFinding): number {
  return levels.indexOf(one.level) - levels.indexOf(other.level);
}

function viewOne({ t }: ViewContext, { level, check, message, remedy }: DoctorFinding): TemplateResult {
  return html`<li data-level=${level}>
    <div>${viewBadge(tones[level], t.doctor.levels[level])} <strong>${check}</strong></div>
    <p>${message}</p>
    ${remedy === undefined ? nothing : html`<p class="todo">${remedy}</p>`}
  </li>`;
}

function viewStep(context: ViewContext, { step, isOk, ms, detail }: ProbeResult["steps"][number]): TemplateResult {
  const text = [step, ...(ms === undefined ? [] : [formatSpan(context, ms)])].join(" ");
  return html`${viewBadge(isOk ? "good" : "bad", text)}
  ${detail === undefined ? nothing : html`<small>${detail}</small>`} `;
}

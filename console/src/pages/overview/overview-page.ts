import { html, nothing, type TemplateResult } from "lit-html";
import type { Overview, Page, Probe, RingRow } from "../../../../functions/src/console/wire.ts";
import { poll } from "../../service/poll.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { viewError } from "../../view/error-view.ts";
import { viewTable } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { viewCallSearch } from "../calls/call-search-view.ts";
import { ringColumns } from "../calls/ring-columns.ts";
import { viewChoices, type Chosen } from "./choices-view.ts";
import { OverviewPlots } from "./overview-plots.ts";
import { viewFigures, viewSpread } from "./overview-view.ts";
import { viewProbe } from "./probe-view.ts";
import { askRange } from "./range.ts";

/** The numbers change each hour; the last calls are looked at more often, in milliseconds. */
const latestMs = 10_000;
const latestCount = 8;
const probeMs = 300_000;

/** How the calls went, the last of them, and whether the probe came through. */
export class OverviewPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #overview: Loaded<Overview>;
  readonly #latest: Loaded<Page<RingRow>>;
  readonly #plots = new OverviewPlots();
  readonly #probe: Loaded<Probe>;
  readonly #stops: readonly (() => void)[];
  #chosen: Chosen = { range: "day", pbxId: undefined };
  /** Those of the whole: an overview of one PBX names no other. */
  #pbxIds: readonly string[] = [];

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#overview = new Loaded(tools.onChange);
    this.#latest = new Loaded(tools.onChange);
    void this.#load();
    this.#probe = new Loaded(tools.onChange);
    this.#stops = [
      poll(async () => {
        await this.#latest.load(async () => tools.ask("calls", { limit: latestCount }));
        return latestMs;
      }),
      poll(async () => {
        await this.#probe.load(async () => tools.ask("probe", {}));
        return probeMs;
      }),
    ];
  }

  title(t: Texts): string {
    return t.sections.overview;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#overview;
    return html`
      ${viewCallSearch(context)} ${viewProbe(context, this.#probe.value)}
      <section class="panel" aria-labelledby="latest">
        <header class="bar">
          <h2 id="latest">${t.overview.latest}</h2>
          <a href=${hrefTo("calls")}>${t.overview.allCalls}</a>
        </header>
        ${this.#viewLatest(context)}
      </section>
      <section class="panel" aria-labelledby="numbers">
        <header class="bar">
          <h2 id="numbers">${t.overview.numbers}</h2>
          ${viewChoices(context, this.#pbxIds, this.#chosen, (chosen) => this.#choose(chosen))}
        </header>
        ${viewError(context, error, () => void this.#load())}
        ${value === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : viewFigures(context, value)}
        <div class="charts">
          ${value === undefined ? "" : this.#plots.view(context, value, this.#chosen.range)}
          ${value === undefined ? "" : viewSpread(context, value)}
        </div>
      </section>
    `;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#plots.close();
  }

  #viewLatest(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#latest;
    if (value === undefined && error === undefined) return html`<p class="empty" role="status">${t.loading}</p>`;
    const rows = value?.rows ?? [];
    return html`${viewError(context, error)}
    ${value?.rows.length === 0 ? html`<p class="empty">${t.calls.none}</p>` : nothing}
    ${
      rows.length === 0
        ? nothing
        : viewTable({
            label: t.overview.latest,
            columns: ringColumns(context),
            rows,
            keyOf: ({ callId }) => callId,
          })
    }`;
  }

  #choose(chosen: Chosen): void {
    this.#chosen = chosen;
    void this.#load();
  }

  async #load(): Promise<void> {
    const { range, pbxId: chosen } = this.#chosen;
    const request = askRange(range, Date.now(), chosen);
    const isTaken = await this.#overview.load(async () => this.#tools.ask("overview", request));
    const { value } = this.#overview;
    if (isTaken && chosen === undefined && value !== undefined) {
      this.#pbxIds = value.perPbx.map(({ pbxId }) => pbxId);
      this.#tools.onChange();
    }
  }
}

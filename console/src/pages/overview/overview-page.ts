import { html, type TemplateResult } from "lit-html";
import type { Overview, Page, RingRow } from "../../../../functions/src/console/wire.ts";
import { poll } from "../../service/poll.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { viewError } from "../../view/error-view.ts";
import { viewChoice } from "../../view/field.ts";
import { viewTable } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { viewCallSearch } from "../calls/call-search-view.ts";
import { ringColumns } from "../calls/ring-columns.ts";
import { OverviewPlots } from "./overview-plots.ts";
import { viewFigures, viewSpread } from "./overview-view.ts";
import { askRange, ranges, type Range } from "./range.ts";

/** The numbers change each hour; the last calls are looked at more often, in milliseconds. */
const latestMs = 10_000;
const latestCount = 8;

/** How the calls went, and the last of them. */
export class OverviewPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #overview: Loaded<Overview>;
  readonly #latest: Loaded<Page<RingRow>>;
  readonly #plots = new OverviewPlots();
  readonly #stop: () => void;
  #range: Range = "day";
  #pbxId: string | undefined;
  /** Those of the whole: an overview of one PBX names no other. */
  #pbxIds: readonly string[] = [];

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#overview = new Loaded(tools.onChange);
    this.#latest = new Loaded(tools.onChange);
    void this.#load();
    this.#stop = poll(async () => {
      await this.#latest.load(async () => tools.ask("calls", { limit: latestCount }));
      return latestMs;
    });
  }

  title(t: Texts): string {
    return t.sections.overview;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#overview;
    return html`
      ${viewCallSearch(context)}
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
          ${this.#viewChoices(context)}
        </header>
        ${viewError(context, error, () => void this.#load())}
        ${value === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : viewFigures(context, value)}
        <div class="charts">
          ${value === undefined ? "" : this.#plots.view(context, value, this.#range)}
          ${value === undefined ? "" : viewSpread(context, value)}
        </div>
      </section>
    `;
  }

  close(): void {
    this.#stop();
    this.#plots.close();
  }

  #viewLatest(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#latest;
    if (value === undefined && error === undefined) return html`<p class="empty" role="status">${t.loading}</p>`;
    const rows = value?.rows ?? [];
    return html`${viewError(context, error)}
    ${
      rows.length === 0
        ? html`<p class="empty">${t.calls.none}</p>`
        : viewTable({
            label: t.overview.latest,
            columns: ringColumns(context),
            rows,
            keyOf: ({ callId }) => callId,
          })
    }`;
  }

  #viewChoices({ t }: ViewContext): TemplateResult {
    return html`<div class="segments" role="group" aria-label=${t.overview.range}>
        ${ranges.map(
          (one) =>
            html`<button
              type="button"
              aria-pressed=${one === this.#range ? "true" : "false"}
              @click=${() => this.#choose(one, this.#pbxId)}
            >
              ${t.overview.ranges[one]}
            </button>`,
        )}
      </div>
      ${viewChoice(
        {
          name: "pbx",
          label: t.ring.pbx,
          value: this.#pbxId ?? "",
          options: [["", t.overview.allPbxs], ...this.#pbxIds.map((id) => [id, id] as const)],
        },
        (chosen) => this.#choose(this.#range, chosen === "" ? undefined : chosen),
      )}`;
  }

  #choose(range: Range, pbxId: string | undefined): void {
    this.#range = range;
    this.#pbxId = pbxId;
    void this.#load();
  }

  async #load(): Promise<void> {
    const request = askRange(this.#range, Date.now(), this.#pbxId);
    await this.#overview.load(async () => this.#tools.ask("overview", request));
    const { value } = this.#overview;
    if (this.#pbxId === undefined && value !== undefined) {
      this.#pbxIds = value.perPbx.map(({ pbxId }) => pbxId);
      this.#tools.onChange();
    }
  }
}

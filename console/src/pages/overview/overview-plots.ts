import { html, type TemplateResult } from "lit-html";
import type { Overview, OverviewBucket } from "../../../../functions/src/console/wire.ts";
import { formatCount, formatShare, formatSpan, viewTime } from "../../view/format.ts";
import { viewTable, type TableContent } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { barOptions, lineOptions } from "./plot-options.ts";
import { Plot } from "./plot.ts";
import type { Range } from "./range.ts";

/** The plots of the overview, each with its numbers as a table. */
export class OverviewPlots {
  readonly #calls = new Plot();
  readonly #reach = new Plot();
  readonly #wake = new Plot();
  #shown = "";
  #overview: Overview | undefined;

  view(context: ViewContext, overview: Overview, range: Range): TemplateResult {
    const { t } = context;
    this.#show(context, overview, range);
    return html`<div class="plots">
      ${viewPlot(context, this.#calls, t.overview.calls, callsTable(context, overview, range))}
      ${viewPlot(context, this.#reach, t.overview.reach, reachTable(context, overview, range))}
      ${viewPlot(context, this.#wake, t.overview.wakeTimes, wakeTable(context, overview))}
    </div>`;
  }

  close(): void {
    for (const plot of [this.#calls, this.#reach, this.#wake]) plot.close();
  }

  #show(context: ViewContext, overview: Overview, range: Range): void {
    const { t, language } = context;
    const isSame = overview === this.#overview && this.#shown === language;
    this.#overview = overview;
    this.#shown = language;
    const { buckets, wake } = overview;
    const isByHour = range === "day" || range === "week";
    const times = buckets.map(({ at }) => Date.parse(at) / 1000);
    const pick = (name: "announced" | "answered" | "missed") => buckets.map((bucket) => bucket[name]);
    const share = (name: "reached" | "ready") =>
      buckets.map((bucket) => (bucket.announced === 0 ? null : bucket[name] / bucket.announced));
    const count = (value: number) => formatCount(context, value);
    this.#calls.show(
      [times, pick("announced"), pick("answered"), pick("missed")],
      lineOptions(context, [t.overview.announced, t.overview.answered, t.overview.missed], { isByHour, format: count }),
      isSame,
    );
    this.#reach.show(
      [times, share("reached"), share("ready")],
      lineOptions(context, [t.overview.reached, t.overview.ready], {
        isByHour,
        format: (value) => formatShare(context, value, 1),
        max: 1.05,
      }),
      isSame,
    );
    const ends = wake.bars.map(({ upToMs }) => upToMs);
    this.#wake.show(
      [[...ends.keys()], wake.bars.map((bar) => bar.count)],
      barOptions(context, t.overview.rings, ends),
      isSame,
    );
  }
}

function viewPlot<Row>({ t }: ViewContext, plot: Plot, title: string, table: TableContent<Row>): TemplateResult {
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${plot.element}
    <details>
      <summary>${t.overview.asTable}</summary>
      ${viewTable({ ...table, isLong: true })}
    </details>
  </figure>`;
}

function callsTable(context: ViewContext, { buckets }: Overview, range: Range): TableContent<OverviewBucket> {
  const { t } = context;
  const column = (name: "announced" | "answered" | "missed") => ({
    name: t.overview[name],
    cell: (bucket: OverviewBucket) => formatCount(context, bucket[name]),
    isNumeric: true,
  });
  return {
    label: t.overview.calls,
    rows: buckets,
    keyOf: ({ at }) => at,
    columns: [timeColumn(context, range), column("announced"), column("answered"), column("missed")],
  };
}

function reachTable(context: ViewContext, { buckets }: Overview, range: Range): TableContent<OverviewBucket> {
  const { t } = context;
  const column = (name: "reached" | "ready") => ({
    name: t.overview[name],
    cell: (bucket: OverviewBucket) => formatShare(context, bucket[name], bucket.announced),
    isNumeric: true,
  });
  return {
    label: t.overview.reach,
    rows: buckets,
    keyOf: ({ at }) => at,
    columns: [timeColumn(context, range), column("reached"), column("ready")],
  };
}

function timeColumn(context: ViewContext, range: Range) {
  const kind = range === "day" || range === "week" ? "minute" : "day";
  return { name: context.t.ring.time, cell: ({ at }: OverviewBucket) => viewTime(context, at, kind) };
}

function wakeTable(context: ViewContext, { wake }: Overview): TableContent<Overview["wake"]["bars"][number]> {
  const { t } = context;
  return {
    label: t.overview.wakeTimes,
    rows: wake.bars,
    keyOf: ({ upToMs }) => String(upToMs),
    columns: [
      {
        name: t.overview.upTo,
        cell: ({ upToMs }) => (upToMs === undefined ? t.overview.longer : formatSpan(context, upToMs)),
        isNumeric: true,
      },
      { name: t.overview.rings, cell: ({ count }) => formatCount(context, count), isNumeric: true },
    ],
  };
}

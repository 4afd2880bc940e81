import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { Overview } from "../../../../functions/src/console/wire.ts";
import { formatCount, formatShare, formatSpan, viewTime } from "../../view/format.ts";
import { viewTable } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** The span in a few numbers. */
export function viewFigures(context: ViewContext, { total, wake, countedUntil }: Overview): TemplateResult {
  const { t } = context;
  const count = (value: number) => formatCount(context, value);
  const share = (value: number) => formatShare(context, value, total.announced);
  const span = (ms: number | undefined) => (ms === undefined ? "–" : formatSpan(context, ms));
  const figures: readonly (readonly [name: string, value: string, note: string])[] = [
    [t.overview.announced, count(total.announced), t.overview.rings],
    [t.overview.reached, share(total.reached), count(total.reached)],
    [t.overview.ready, share(total.ready), count(total.ready)],
    [t.overview.answered, share(total.answered), count(total.answered)],
    [t.overview.missed, share(total.missed), count(total.missed)],
    [t.overview.wake, span(wake.p50Ms), t.overview.slowest(span(wake.p95Ms))],
  ];
  return html`<dl class="figures">
      ${figures.map(
        ([name, value, note]) =>
          html`<div>
            <dt>${name}</dt>
            <dd class="figure">${value}</dd>
            <dd class="quiet">${note}</dd>
          </div>`,
      )}
    </dl>
    <p class="quiet">
      ${countedUntil === undefined ? t.overview.notCounted : html`${t.overview.counted} ${viewTime(context, countedUntil, "minute")}`}
    </p>`;
}

/** Why calls were missed, and the numbers of each PBX. */
export function viewSpread(context: ViewContext, overview: Overview): TemplateResult {
  return html`<div class="spread">${viewCauses(context, overview)} ${viewPbxs(context, overview)}</div>`;
}

function viewCauses(context: ViewContext, { causes }: Overview): TemplateResult {
  const { t } = context;
  const most = Math.max(1, ...causes.map(({ count }) => count));
  return html`<section aria-labelledby="causes">
    <h3 id="causes">${t.overview.causes}</h3>
    ${causes.length === 0 ? html`<p class="empty">${t.overview.noCauses}</p>` : nothing}
    <ul class="causes">
      ${causes.map(
        ({ cause, count }) =>
          html`<li data-cause=${cause}>
            <span>${nameCause(context, cause)}</span><span class="numeric">${formatCount(context, count)}</span>
            ${viewBar(count / most)}
          </li>`,
      )}
    </ul>
  </section>`;
}

/** A cause in a few words; one that this page does not know by its code. */
function nameCause({ t }: ViewContext, cause: string): string {
  return new Map<string, string>(Object.entries(t.causes)).get(cause) ?? cause;
}

function viewBar(part: number): TemplateResult {
  const bar = svg`<rect width=${100 * part} height="4" rx="1"></rect>`;
  return html`<svg class="bar-of" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">${bar}</svg>`;
}

function viewPbxs(context: ViewContext, { perPbx }: Overview): TemplateResult {
  const { t } = context;
  return html`<section aria-labelledby="pbxs">
    <h3 id="pbxs">${t.overview.perPbx}</h3>
    ${
      perPbx.length === 0
        ? html`<p class="empty">${t.overview.noNumbers}</p>`
        : viewTable({
            label: t.overview.perPbx,
            rows: perPbx,
            keyOf: ({ pbxId }) => pbxId,
            columns: [
              { name: t.ring.pbx, cell: ({ pbxId }) => pbxId },
              { name: t.overview.announced, cell: (row) => formatCount(context, row.announced), isNumeric: true },
              {
                name: t.overview.reached,
                cell: (row) => formatShare(context, row.reached, row.announced),
                isNumeric: true,
              },
              {
                name: t.overview.ready,
                cell: (row) => formatShare(context, row.ready, row.announced),
                isNumeric: true,
              },
              { name: t.overview.missed, cell: (row) => formatCount(context, row.missed), isNumeric: true },
            ],
          })
    }
  </section>`;
}

import { html, type TemplateResult } from "lit-html";
import type { CallFilter, RingRow } from "../../../../functions/src/console/wire.ts";
import { Listed } from "../../state/listed.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import type { Texts } from "../../text/texts.ts";
import { viewError } from "../../view/error-view.ts";
import { viewList } from "../../view/list-view.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { viewFilter, parseFilter } from "./call-filter-view.ts";
import { viewCallSearch } from "./call-search-view.ts";
import { mergeRings } from "./merge-rings.ts";
import { ringColumns } from "./ring-columns.ts";
import { followCalls } from "./tail.ts";

/** All calls, newest first; while it is open, new ones appear. */
export class CallsPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #filter: CallFilter;
  readonly #rings: Listed<RingRow>;
  #stop: (() => void) | undefined;
  #tailError: unknown;

  constructor(tools: Tools, query: Readonly<Record<string, string>>) {
    this.#tools = tools;
    this.#filter = parseFilter(query);
    this.#rings = new Listed(tools.onChange, async (cursor) => tools.ask("calls", { ...this.#filter, cursor }));
    void this.#rings.reload();
    this.#follow();
  }

  title(t: Texts): string {
    return t.sections.calls;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const isLive = this.#stop !== undefined;
    return html`
      ${viewCallSearch(context)} ${viewFilter(context, this.#filter)}
      <div class="bar">
        <h2>${t.calls.list}</h2>
        <button
          type="button"
          class="button quiet live"
          aria-pressed=${isLive ? "true" : "false"}
          @click=${() => this.#switchLive()}
        >
          ${t.calls.live}
        </button>
      </div>
      ${viewError(context, this.#tailError)}
      ${viewList(context, this.#rings, {
        label: t.calls.list,
        empty: t.calls.none,
        columns: ringColumns(context),
        keyOf: ({ callId }) => callId,
      })}
    `;
  }

  close(): void {
    this.#stop?.();
  }

  #switchLive(): void {
    if (this.#stop === undefined) return this.#follow();
    this.#stop();
    this.#stop = undefined;
    this.#tailError = undefined;
    this.#tools.onChange();
  }

  #follow(): void {
    const { ask, onChange } = this.#tools;
    this.#stop = followCalls(ask, this.#filter, {
      rows: (changed) => {
        if (this.#rings.rows === undefined && changed.length > 0) void this.#rings.reload();
        this.#rings.change((rows) => mergeRings(rows, changed));
        onChange();
      },
      cut: () => void this.#rings.reload(),
      error: (error) => {
        this.#tailError = error;
        onChange();
      },
    });
  }
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { PushesRequest, PushRow } from "../../../../functions/src/console/wire.ts";
import { Listed } from "../../state/listed.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { viewBadge, type Tone } from "../../view/badge.ts";
import { viewErrorCounts } from "../../view/error-counts.ts";
import { viewError } from "../../view/error-view.ts";
import { formatCount, viewTime } from "../../view/format.ts";
import { viewList } from "../../view/list-view.ts";
import type { Column } from "../../view/table.ts";
import { viewRowButton } from "../../view/row-button.ts";
import type { ViewContext } from "../../view/view-context.ts";

const kinds: readonly PushesRequest["which"][] = ["reserved", "failed"];

const tones: Readonly<Record<PushRow["state"], Tone>> = {
  reserved: "waiting",
  queued: "waiting",
  sending: "waiting",
  sent: "good",
  partly_sent: "bad",
  failed: "bad",
  expired: "bad",
  cancelled: "idle",
};

/** The pushes that are reserved for a later time, and those that failed. */
export class PushesPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #which: PushesRequest["which"];
  readonly #pushes: Listed<PushRow>;
  readonly #cancelled: Loaded<PushRow>;

  constructor(tools: Tools, { which }: Readonly<Record<string, string>>) {
    this.#tools = tools;
    this.#which = kinds.find((one) => one === which) ?? "reserved";
    this.#pushes = new Listed(tools.onChange, async (cursor) => tools.ask("pushes", { which: this.#which, cursor }));
    this.#cancelled = new Loaded(tools.onChange);
    void this.#pushes.reload();
  }

  title(t: Texts): string {
    return t.sections.pushes;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    return html`
      <nav class="segments" aria-label=${t.pushes.which}>
        ${kinds.map(
          (one) =>
            html`<a href=${hrefTo("pushes", [], { which: one })} aria-current=${one === this.#which ? "page" : nothing}
              >${t.pushes.kinds[one]}</a
            >`,
        )}
      </nav>
      ${viewError(context, this.#cancelled.error)}
      ${viewList(context, this.#pushes, {
        label: t.pushes.kinds[this.#which],
        empty: t.pushes.none,
        columns: this.#columns(context),
        keyOf: ({ pushId }) => pushId,
      })}
    `;
  }

  close(): void {
    // Nothing goes on.
  }

  #columns(context: ViewContext): readonly Column<PushRow>[] {
    const { t } = context;
    return [
      {
        name: this.#which === "reserved" ? t.pushes.reservedAt : t.pushes.failedAt,
        cell: ({ reservedAt, failedAt, createdAt }) =>
          viewTime(context, (this.#which === "reserved" ? reservedAt : failedAt) ?? createdAt, "minute"),
      },
      { name: t.ring.pbx, cell: ({ pbxId }) => html`<bdi>${pbxId}</bdi>` },
      { name: t.pushes.target, cell: ({ target }) => describeTarget(context, target) },
      { name: t.pushes.kind, cell: ({ isSilent }) => (isSilent ? t.pushes.silent : t.pushes.shown) },
      {
        name: t.pushes.state,
        cell: ({ state, errors }) =>
          html`${viewBadge(tones[state], t.pushes.states[state])} ${viewErrorCounts(context, errors)}`,
      },
      {
        name: t.actions,
        cell: ({ pushId, state }) =>
          state !== "reserved"
            ? "–"
            : viewRowButton({
                text: t.pushes.cancel,
                of: pushId,
                act: () => this.#askToCancel(context, pushId),
                isDangerous: true,
              }),
      },
    ];
  }

  #askToCancel({ t }: ViewContext, pushId: string): void {
    this.#tools.question({
      title: t.pushes.cancel,
      text: t.pushes.cancelWarning(pushId),
      yes: t.pushes.cancel,
      act: () => void this.#cancel(pushId),
    });
  }

  async #cancel(pushId: string): Promise<void> {
    if (await this.#cancelled.load(async () => this.#tools.ask("cancelPush", { pushId }))) void this.#pushes.reload();
  }
}

function describeTarget(context: ViewContext, { kind, name, count }: PushRow["target"]): TemplateResult {
  const what = context.t.pushes.targets[kind];
  const which = name ?? (count === undefined ? "" : formatCount(context, count));
  return html`${what} <bdi>${which}</bdi>`;
}

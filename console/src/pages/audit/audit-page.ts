import { html, type TemplateResult } from "lit-html";
import type { AuditRow } from "../../../../functions/src/console/wire.ts";
import { Listed } from "../../state/listed.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import type { Texts } from "../../text/texts.ts";
import { viewBadge, type Tone } from "../../view/badge.ts";
import { viewTime } from "../../view/format.ts";
import { viewList } from "../../view/list-view.ts";
import type { ViewContext } from "../../view/view-context.ts";

const tones: Readonly<Record<AuditRow["outcome"], Tone>> = { done: "good", failed: "bad", unfinished: "waiting" };

/** Who changed what. */
export class AuditPage implements ConsolePage {
  readonly #changes: Listed<AuditRow>;

  constructor({ ask, onChange }: Tools) {
    this.#changes = new Listed(onChange, async (cursor) => ask("audit", { cursor }));
    void this.#changes.reload();
  }

  title(t: Texts): string {
    return t.sections.audit;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    return viewList(context, this.#changes, {
      label: t.sections.audit,
      empty: t.audit.none,
      keyOf: ({ at, who, what, subject }) => JSON.stringify([at, who, what, subject]),
      columns: [
        { name: t.ring.time, cell: ({ at }) => viewTime(context, at) },
        { name: t.audit.who, cell: ({ who }) => html`<bdi>${who}</bdi>` },
        { name: t.audit.from, cell: ({ from }) => html`<bdi>${from}</bdi>` },
        { name: t.audit.what, cell: ({ what }) => html`<code>${what}</code>` },
        { name: t.audit.subject, cell: ({ subject, result }) => describe({ ...subject, ...result }) },
        { name: t.audit.outcome, cell: ({ outcome }) => viewBadge(tones[outcome], t.audit.outcomes[outcome]) },
      ],
    });
  }

  close(): void {
    // Nothing goes on.
  }
}

function describe(details: Readonly<Record<string, string>>): TemplateResult {
  return html`${Object.entries(details).map(([name, value]) => html`<span class="detail">${name}: <bdi>${value}</bdi></span> `)}`;
}

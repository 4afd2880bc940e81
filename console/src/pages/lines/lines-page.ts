import { html, nothing, type TemplateResult } from "lit-html";
import type { AssignedLine, LineRow } from "../../../../functions/src/console/wire.ts";
import { Listed } from "../../state/listed.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { viewBadge } from "../../view/badge.ts";
import { viewError } from "../../view/error-view.ts";
import { goByForm, readForm, viewField } from "../../view/field.ts";
import { icon } from "../../view/icons.ts";
import { viewList } from "../../view/list-view.ts";
import type { Column } from "../../view/table.ts";
import { viewRowButton } from "../../view/row-button.ts";
import type { ViewContext } from "../../view/view-context.ts";

/** The extens and whose phones they ring. */
export class LinesPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #query: Readonly<Record<string, string>>;
  readonly #lines: Listed<LineRow>;
  readonly #assigned: Loaded<AssignedLine>;
  readonly #removed: Loaded<{ readonly exten: string }>;

  constructor(tools: Tools, query: Readonly<Record<string, string>>) {
    this.#tools = tools;
    this.#query = query;
    const { exten, user } = query;
    this.#lines = new Listed(tools.onChange, async (cursor) => tools.ask("lines", { exten, user, cursor }));
    this.#assigned = new Loaded(tools.onChange);
    this.#removed = new Loaded(tools.onChange);
    void this.#lines.reload();
  }

  title(t: Texts): string {
    return t.sections.lines;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    return html`
      ${this.#viewAssign(context)} ${this.#viewFilter(context)} ${viewError(context, this.#removed.error)}
      ${viewList(context, this.#lines, {
        label: t.sections.lines,
        empty: t.lines.none,
        columns: this.#columns(context),
        keyOf: ({ exten }) => exten,
      })}
    `;
  }

  close(): void {
    // Nothing goes on.
  }

  #viewAssign(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error, isLoading } = this.#assigned;
    return html`<section class="panel" aria-labelledby="assign">
      <h2 id="assign">${t.lines.assign}</h2>
      <form class="filter" @submit=${(event: SubmitEvent) => void this.#assign(event)}>
        ${viewField({ name: "exten", label: t.ring.exten, isRequired: true, maxLength: 33 })}
        ${viewField({ name: "user", label: t.filter.user, isRequired: true })}
        <div class="actions">
          <button type="submit" class="button primary" ?disabled=${isLoading}>${t.lines.assign}</button>
        </div>
      </form>
      ${viewError(context, error)}
      ${
        value === undefined || error !== undefined
          ? nothing
          : html`<p class="done" role="status">
              ${t.lines.assigned(value.exten, value.email ?? value.uid)}
              ${value.formerUid === undefined ? nothing : t.lines.taken(value.formerUid)}
            </p>`
      }
    </section>`;
  }

  #viewFilter({ t }: ViewContext): TemplateResult {
    const { exten = "", user = "" } = this.#query;
    return html`<form class="filter" aria-label=${t.filter.title} @submit=${goByForm("lines")}>
      ${viewField({ name: "exten", label: t.lines.begins, value: exten })}
      ${viewField({ name: "user", label: t.filter.user, value: user })}
      <div class="actions">
        <button type="submit" class="button">${icon("search")}${t.filter.apply}</button>
        <a class="button" href=${hrefTo("lines")}>${t.filter.clear}</a>
      </div>
    </form>`;
  }

  #columns(context: ViewContext): readonly Column<LineRow>[] {
    const { t } = context;
    return [
      { name: t.ring.exten, cell: ({ exten }) => html`<a href=${hrefTo("calls", [], { exten })}>${exten}</a>` },
      {
        name: t.call.user,
        cell: ({ uid, email, isKnown }) =>
          html`<a href=${hrefTo("phones", [], { user: uid })}><bdi>${email ?? uid}</bdi></a>
            ${isKnown ? nothing : viewBadge("bad", t.lines.unknown)}`,
      },
      {
        name: t.actions,
        cell: ({ exten }) =>
          viewRowButton({
            text: t.lines.unassign,
            of: exten,
            act: () => this.#askToRemove(context, exten),
            isDangerous: true,
          }),
      },
    ];
  }

  async #assign(event: SubmitEvent): Promise<void> {
    const { exten = "", user = "" } = readForm(event);
    if (await this.#assigned.load(async () => this.#tools.ask("assignLine", { exten, user })))
      void this.#lines.reload();
  }

  #askToRemove({ t }: ViewContext, exten: string): void {
    this.#tools.question({
      title: t.lines.unassign,
      text: t.lines.unassignWarning(exten),
      yes: t.lines.unassign,
      act: () => void this.#remove(exten),
    });
  }

  async #remove(exten: string): Promise<void> {
    if (await this.#removed.load(async () => this.#tools.ask("unassignLine", { exten }))) void this.#lines.reload();
  }
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { CampaignRow, Campaigns } from "../../../../functions/src/console/wire.ts";
import { poll } from "../../service/poll.ts";
import { Loaded } from "../../state/loaded.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import type { Texts } from "../../text/texts.ts";
import { viewBadge } from "../../view/badge.ts";
import { viewError } from "../../view/error-view.ts";
import { viewTable, type Column } from "../../view/table.ts";
import { viewRowButton } from "../../view/row-button.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { viewRun } from "./run-view.ts";

/** A run that goes on is looked at more often, in milliseconds. */
const runningMs = 2_000;
const idleMs = 15_000;

/** The campaigns and how far their runs have come. */
export class CampaignsPage implements ConsolePage {
  readonly #tools: Tools;
  readonly #campaigns: Loaded<Campaigns>;
  readonly #switched: Loaded<CampaignRow>;
  readonly #stop: () => void;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#campaigns = new Loaded(tools.onChange);
    this.#switched = new Loaded(tools.onChange);
    this.#stop = poll(async () => {
      await this.#load();
      const isRunning = this.#campaigns.value?.runs.some(({ state }) => state !== "done");
      return isRunning === true ? runningMs : idleMs;
    });
  }

  title(t: Texts): string {
    return t.sections.campaigns;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    const { value, error } = this.#campaigns;
    return html`
      ${viewError(context, error)} ${viewError(context, this.#switched.error)}
      ${value === undefined && error === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : nothing}
      ${
        value === undefined
          ? nothing
          : viewTable({
              label: t.sections.campaigns,
              rows: value.campaigns,
              keyOf: ({ id }) => id,
              columns: this.#columns(context),
            })
      }
      <section class="panel" aria-labelledby="runs">
        <h2 id="runs">${t.campaigns.runs}</h2>
        ${value?.runs.length === 0 ? html`<p class="empty">${t.campaigns.noRuns}</p>` : nothing}
        <ol class="runs">
          ${value?.runs.map((run) => viewRun(context, run))}
        </ol>
      </section>
    `;
  }

  close(): void {
    this.#stop();
  }

  #columns(context: ViewContext): readonly Column<CampaignRow>[] {
    const { t } = context;
    return [
      { name: t.campaigns.name, cell: ({ id }) => html`<code>${id}</code>` },
      { name: t.campaigns.kind, cell: ({ kind }) => t.campaigns.kinds[kind] },
      { name: t.campaigns.schedule, cell: ({ schedule }) => html`<code>${schedule}</code>` },
      {
        name: t.campaigns.state,
        cell: ({ isEnabled, fault }) =>
          html`${isEnabled ? viewBadge("good", t.campaigns.on) : viewBadge("idle", t.campaigns.off)}
          ${fault === undefined ? nothing : html`<small class="field-error">${fault}</small>`}`,
      },
      {
        name: t.actions,
        cell: ({ id, isEnabled }) =>
          viewRowButton({
            text: isEnabled ? t.campaigns.switchOff : t.campaigns.switchOn,
            of: id,
            act: () => this.#askToSwitch(context, id, !isEnabled),
          }),
      },
    ];
  }

  #askToSwitch({ t }: ViewContext, campaign: string, isEnabled: boolean): void {
    const name = isEnabled ? t.campaigns.switchOn : t.campaigns.switchOff;
    this.#tools.question({
      title: `${name}: ${campaign}`,
      text: t.campaigns.switchWarning,
      yes: name,
      act: () => void this.#switch(campaign, isEnabled),
    });
  }

  async #switch(campaign: string, isEnabled: boolean): Promise<void> {
    const { ask } = this.#tools;
    if (await this.#switched.load(async () => ask("switchCampaign", { campaign, isEnabled }))) await this.#load();
  }

  async #load(): Promise<void> {
    await this.#campaigns.load(async () => this.#tools.ask("campaigns", {}));
  }
}

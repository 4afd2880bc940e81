import { html, type TemplateResult } from "lit-html";
import type { DeviceRow } from "../../../../functions/src/console/wire.ts";
import { Listed } from "../../state/listed.ts";
import type { ConsolePage, Tools } from "../../state/page.ts";
import { hrefTo } from "../../state/route.ts";
import type { Texts } from "../../text/texts.ts";
import { goByForm, viewChoice, viewField } from "../../view/field.ts";
import { viewAgo } from "../../view/format.ts";
import { icon } from "../../view/icons.ts";
import { viewList } from "../../view/list-view.ts";
import { namePhone } from "../../view/name-phone.ts";
import type { Column } from "../../view/table.ts";
import type { ViewContext } from "../../view/view-context.ts";
import { viewHealth } from "./health-view.ts";

/** The phones and what may keep them from ringing. */
export class PhonesPage implements ConsolePage {
  readonly #query: Readonly<Record<string, string>>;
  readonly #phones: Listed<DeviceRow>;

  constructor({ ask, onChange }: Tools, query: Readonly<Record<string, string>>) {
    this.#query = query;
    const { user, exten, stale } = query;
    this.#phones = new Listed(onChange, async (cursor) =>
      ask("devices", { user, exten, cursor, ...(stale === "yes" && { stale: true }) }),
    );
    void this.#phones.reload();
  }

  title(t: Texts): string {
    return t.sections.phones;
  }

  view(context: ViewContext): TemplateResult {
    const { t } = context;
    return html`
      ${this.#viewFilter(context)}
      ${viewList(context, this.#phones, {
        label: t.sections.phones,
        empty: t.phones.none,
        columns: phoneColumns(context),
        keyOf: ({ uid, deviceId }) => `${uid} ${deviceId}`,
      })}
    `;
  }

  close(): void {
    // Nothing goes on.
  }

  #viewFilter({ t }: ViewContext): TemplateResult {
    const { user = "", exten = "", stale = "" } = this.#query;
    return html`<form class="filter" aria-label=${t.filter.title} @submit=${goByForm("phones")}>
      ${viewField({ name: "user", label: t.filter.user, value: user })}
      ${viewField({ name: "exten", label: t.ring.exten, value: exten })}
      ${viewChoice({
        name: "stale",
        label: t.phones.seen,
        value: stale,
        options: [
          ["", t.filter.any],
          ["yes", t.phones.staleOnly],
        ],
      })}
      <div class="actions">
        <button type="submit" class="button primary">${icon("search")}${t.filter.apply}</button>
        <a class="button" href=${hrefTo("phones")}>${t.filter.clear}</a>
      </div>
    </form>`;
  }
}

function phoneColumns(context: ViewContext): readonly Column<DeviceRow>[] {
  const { t } = context;
  return [
    {
      name: t.phones.phone,
      cell: (row) => html`<a href=${hrefTo("phones", [row.uid, row.deviceId])}><bdi>${namePhone(row)}</bdi></a>`,
    },
    { name: t.phones.platform, cell: ({ platform }) => t.platforms[platform] },
    { name: t.call.user, cell: ({ email, uid }) => html`<bdi>${email ?? uid}</bdi>` },
    { name: t.sections.lines, cell: ({ extens }) => extens.join(", ") || "–" },
    { name: t.phones.lastSeen, cell: ({ lastSeenAt }) => viewAgo(context, lastSeenAt) },
    { name: t.phones.health, cell: ({ concerns }) => viewHealth(context, concerns) },
  ];
}

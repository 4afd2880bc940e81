import { html, nothing, type TemplateResult } from "lit-html";
import type { Listed } from "../state/listed.ts";
import { viewError } from "./error-view.ts";
import { viewTable, type Column } from "./table.ts";
import type { ViewContext } from "./view-context.ts";

/** How a list is shown. */
export interface ListLook<Row> {
  readonly label: string;
  /** Said if there is no row. */
  readonly empty: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
}

/** A list with its errors, and a button for more of it. */
export function viewList<Row>(context: ViewContext, list: Listed<Row>, look: ListLook<Row>): TemplateResult {
  const { t } = context;
  const { rows, error } = list;
  return html`<div class="list" aria-busy=${list.isLoading ? "true" : "false"}>
    ${viewError(context, error, () => void list.reload())}
    ${rows === undefined && error === undefined ? html`<p class="empty" role="status">${t.loading}</p>` : nothing}
    ${rows?.length === 0 ? html`<p class="empty">${look.empty}</p>` : nothing}
    ${rows !== undefined && rows.length > 0 ? viewTable({ ...look, rows }) : nothing}
    ${
      list.hasMore
        ? html`<button type="button" class="button" ?disabled=${list.isLoading} @click=${() => void list.loadMore()}>
            ${t.more}
          </button>`
        : nothing
    }
  </div>`;
}

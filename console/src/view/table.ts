import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";

/** A column of a table. */
export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => unknown;
  readonly isNumeric?: boolean;
}

/** What a table shows. */
export interface TableContent<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Whether it scrolls in its place: then the keyboard can. */
  readonly isLong?: boolean;
}

/** A table. On a narrow screen each row is a card: the roles keep it a table for screen readers. */
export function viewTable<Row>({ label, columns, rows, keyOf, isLong = false }: TableContent<Row>): TemplateResult {
  const alignment = ({ isNumeric = false }: Column<Row>) => (isNumeric ? "numeric" : "");
  return html`<div class="table-frame" tabindex=${isLong ? "0" : nothing}>
    <table role="table" aria-label=${label}>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map((one) => html`<th role="columnheader" scope="col" class=${alignment(one)}>${one.name}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          rows,
          keyOf,
          (row) =>
            html`<tr role="row">
              ${columns.map(
                (one) =>
                  html`<td role="cell" class=${alignment(one)} data-label=${one.name}><div>${one.cell(row)}</div></td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

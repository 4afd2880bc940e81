import { Option } from "commander";
import type { CommandContext } from "./context.ts";
import { formatCsv } from "./csv.ts";
import { print, type Common } from "./operation.ts";
import { formatTable } from "./table.ts";

/** The options of a command that prints a list. */
export interface ListOptions extends Common {
  readonly csv?: boolean;
}

/** The option `--csv`; the program refuses it beside `--json`. */
export function csvOption(): Option {
  return new Option("--csv", "print CSV for a spreadsheet");
}

interface Rows {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A list: its items for `--json`, and their rows for people. */
export interface List extends Rows {
  readonly items: readonly unknown[];
  /** What is printed instead of an empty table. */
  readonly none: string;
  /** The rows for `--csv`, where they are not those for people. */
  readonly csv?: Rows;
}

/** Prints a list: as a table, as CSV with `--csv`, or as an array with `--json`. */
export function printList(context: CommandContext, options: ListOptions, { items, none, csv, ...shown }: List): void {
  const { headings, rows } = csv ?? shown;
  if (options.csv === true) context.out.write(formatCsv(headings, rows));
  else print(context, options, items, items.length === 0 ? `${none}\n` : formatRows(context, shown));
}

function formatRows({ out }: CommandContext, { headings, rows }: Rows): string {
  return formatTable(headings, rows, out.isTTY);
}

import { CsvError, parse, type Info } from "csv-parse/sync";
import { z } from "zod";
import { extenNumber } from "../../functions/src/lines/exten-number.ts";
import { isEmail } from "../../functions/src/users/find-users.ts";
import { userId } from "../../functions/src/users/user-id.ts";

/** A row: an exten, and its user by uid or email. */
export interface LineRow {
  /** Line number in the file, from 1. */
  readonly line: number;
  readonly exten: string;
  readonly user: string;
}

/** An error in a row. */
export interface RowFault {
  readonly line: number;
  readonly reason: string;
}

/** The rows of a file, and the errors in them. */
export interface LinesCsv {
  readonly rows: readonly LineRow[];
  readonly faults: readonly RowFault[];
}

/** One transaction writes all rows: Firestore's limit is 10 MiB, and its users' phones wait until it is done. */
const maxRows = 2000;

/** Reads a CSV file with a column `exten` and a column `user` (or `uid`, or `email`); it never throws. */
export function parseLinesCsv(text: string): LinesCsv {
  const faults: RowFault[] = [];
  const rows: LineRow[] = [];
  try {
    const [header, ...body] = readRecords(text);
    const columns = findColumns(header?.record ?? []);
    if (typeof columns === "string") return { rows, faults: [{ line: 1, reason: columns }] };
    if (body.length > maxRows) {
      return { rows, faults: [{ line: maxRows + 2, reason: `more than ${maxRows} rows: import them in parts` }] };
    }
    for (const { record, info } of body) {
      const row = { line: info.lines, exten: readCell(record[columns.exten]), user: readCell(record[columns.user]) };
      const reasons = findReasons(row, rows, { given: record.length, wanted: header?.record.length ?? 0 });
      rows.push(row);
      faults.push(...reasons.map((reason) => ({ line: row.line, reason })));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    faults.push({ line: Number(error["lines"]), reason: error.message });
  }
  return { rows, faults };
}

const records = z.array(z.object({ record: z.array(z.string()), info: z.custom<Info>() }));

/** Spreadsheets write semicolons where the comma is the decimal point. They also write a byte order mark, which is trimmed. */
function readRecords(text: string): z.infer<typeof records> {
  return records.parse(
    parse(text, {
      delimiter: [",", ";", "\t"],
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }),
  );
}

/** An apostrophe marks a cell as text, also in our own lists: without it, a plus would begin a formula. */
function readCell(cell = ""): string {
  return cell.replace(/^'(?=[=+\-@])/, "");
}

function findColumns(header: readonly string[]): { readonly exten: number; readonly user: number } | string {
  const names = header.map((name) => name.toLowerCase());
  const exten = names.indexOf("exten");
  const user = names.findIndex((name) => ["user", "uid", "email"].includes(name));
  if (exten >= 0 && user >= 0) return { exten, user };
  return "the first row names the columns: exten, and user (a uid or an email)";
}

function explainExten(exten: string, rule = ""): string {
  const isRounded = /^\d[.,]\d+E\+\d+$/i.test(exten);
  return `exten ${JSON.stringify(exten)} ${rule}${isRounded ? "; a spreadsheet has rounded it: format the column as text" : ""}`;
}

function findReasons(
  { exten, user }: LineRow,
  earlier: readonly LineRow[],
  { given, wanted }: { readonly given: number; readonly wanted: number },
): readonly string[] {
  if (given !== wanted) return [`${given} columns where the first row has ${wanted}`];
  const reasons: string[] = [];
  const number = extenNumber.safeParse(exten);
  if (!number.success) reasons.push(explainExten(exten, number.error.issues[0]?.message));
  const twin = earlier.find((row) => row.exten === exten);
  if (number.success && twin !== undefined) reasons.push(`exten ${exten} is already in line ${twin.line}`);
  const isNamed = isEmail(user) ? z.email().safeParse(user).success : userId.safeParse(user).success;
  if (!isNamed) reasons.push(`user ${JSON.stringify(user)} is neither a uid nor an email`);
  return reasons;
}

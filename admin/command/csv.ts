/** A spreadsheet takes a cell that begins with one of these for a formula, and a formula can send the others away. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/u;

/** CSV by RFC 4180. An apostrophe before what may be a formula makes a spreadsheet show it as text. */
export function formatCsv(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return [headings, ...rows].map((row) => `${row.map(formatCell).join(",")}\r\n`).join("");
}

function formatCell(value: string): string {
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

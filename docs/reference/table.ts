/** A Markdown table without padding; oxfmt aligns it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${[head, head.map(() => "---"), ...rows].map(buildRow).join("\n")}\n`;
}

function buildRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

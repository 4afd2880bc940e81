import Table from "cli-table3";
import colors from "picocolors";

/** Columns without a frame, two spaces apart. */
const plain = {
  chars: {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  },
  style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
};

const framed = { style: { head: [], border: [] } };

/** A table: framed, with bold headings, in a terminal; plain columns elsewhere. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  inTerminal: boolean | undefined = process.stdout.isTTY,
): string {
  const head = headings.map((heading) => (inTerminal ? colors.bold(heading) : heading));
  const table = new Table({ ...(inTerminal ? framed : plain), head });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split("\n");
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import type { Outcome } from "./scenario.ts";

/** A row of the table. */
export interface Row extends Outcome {
  readonly fault: string;
  readonly ms: number;
}

const page = new URL("../../docs/reliability.md", import.meta.url);
const [begin, end] = ["<!-- faults: begin -->", "<!-- faults: end -->"];
const head = ["fault", "the PBX got", "recorded", "the phone got", "duration"];

/** Writes the tables between the page's markers, or fails if the page's tables differ, durations aside. */
export async function writeOrCompareTable(
  families: ReadonlyMap<string, readonly Row[]>,
  isWriting: boolean,
): Promise<void> {
  const text = await readFile(page, "utf8");
  const [before, rest] = text.split(begin);
  const [inside, after] = rest?.split(end) ?? [];
  if (before === undefined || inside === undefined || after === undefined) {
    throw new Error(`docs/reliability.md lacks ${begin} or ${end}`);
  }
  const made = [...families].map(([name, rows]) => `### ${name}\n\n${buildTable(rows)}\n`).join("\n");
  if (isWriting) await writeFile(page, `${before}${begin}\n\n${made}\n${end}${after}`);
  else assert.deepEqual(leaveDurationsOut(inside), leaveDurationsOut(made), "npm run test:faults -- --write");
}

function buildTable(rows: readonly Row[]): string {
  const lines = rows.map(({ fault, pbx, record, phone, ms }) => [fault, code(pbx), record, phone, formatTime(ms)]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(outcome: string): string {
  return outcome.startsWith("(")
    ? outcome
    : outcome
        .split(", ")
        .map((line) => `\`${line}\``)
        .join(", ");
}

function formatTime(ms: number): string {
  return ms < 950 ? `${Math.ceil(ms / 100) / 10} s` : `${Math.round(ms / 1000)} s`;
}

/** The lines of the tables without padding and without the last cell. */
function leaveDurationsOut(markdown: string): readonly string[] {
  const lines = markdown
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[|\s:-]+$/.test(line));
  return lines.map((line) => line.replace(/[^|]*\|$/, "").replaceAll(/ +/g, " "));
}

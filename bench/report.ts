import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bar } from "./bar.ts";

/** Result of a benchmark: a table for people, and the same with every sample for programs. */
export interface Report {
  /** One line about what was measured. */
  readonly title: string;
  readonly columns: readonly string[];
  /** A number is shown with one decimal; its unit is in the heading of its column. */
  readonly rows: readonly (readonly (string | number)[])[];
  /** The promised figures. */
  readonly bars: readonly Bar[];
  /** Goes into the JSON as it is. */
  readonly result: object;
}

const resultsFolder = fileURLToPath(new URL("results/", import.meta.url));

/** The report as text, with the machine that it was measured on. */
export function formatReport({ title, columns, rows }: Pick<Report, "title" | "columns" | "rows">): string {
  const machine = describeMachine();
  const lines = [
    title,
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Node ${machine.node}, ${machine.platform}`,
  ];
  return ["", ...lines, "", ...formatTable(columns, rows), ""].join("\n");
}

/** Saves the report as `bench/results/<name>.json` and returns that path, relative to the working directory. */
export async function saveReport(name: string, { title, bars, result }: Report): Promise<string> {
  await mkdir(resultsFolder, { recursive: true });
  const file = fileOf(name);
  const saved = { benchmark: name, title, at: new Date().toISOString(), machine: describeMachine(), bars, ...result };
  await writeFile(file, `${JSON.stringify(saved, undefined, 2)}\n`);
  return relative(process.cwd(), file);
}

/** The promised figures of the last saved report. */
export async function readBars(name: string): Promise<readonly Bar[]> {
  return JSON.parse(await readFile(fileOf(name), "utf8")).bars;
}

const fileOf = (name: string) => `${resultsFolder}${name}.json`;

function describeMachine() {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
}

function formatTable(columns: Report["columns"], rows: Report["rows"]): string[] {
  const cells = [columns, ...rows].map((row) => row.map((cell) => (typeof cell === "number" ? cell.toFixed(1) : cell)));
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumeric = columns.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  return cells.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, isNumeric[column] === true))
      .join("  ")
      .trimEnd(),
  );
}

function pad(cell: string, width: number, isNumeric: boolean): string {
  return isNumeric ? cell.padStart(width) : cell.padEnd(width);
}

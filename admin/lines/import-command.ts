import type { Command } from "commander";
import type { Services } from "../../functions/src/services.ts";
import type { CommandContext } from "../command/context.ts";
import { print, withChange, withServices, type Common } from "../command/operation.ts";
import { createProgressBar } from "../command/progress-bar.ts";
import { importLines, type Imported } from "./import-lines.ts";

/** `lines import`: lines from a file. */
export function addImportCommand(lines: Command, context: CommandContext): void {
  lines
    .command("import <csv>")
    .description("assign extens to users from a CSV file (exten,user): all rows, or none if one is wrong")
    .option("--dry-run", "check the file, write nothing")
    .action(async (file: string, options: ImportFlags) => runImport(context, file, options));
}

interface ImportFlags extends Common {
  readonly dryRun?: boolean;
}

async function runImport(context: CommandContext, file: string, options: ImportFlags): Promise<void> {
  const isDryRun = options.dryRun === true;
  const work = async (services: Services) => {
    // With --json, only the result is printed; it lists the faults and the warnings.
    const isJson = options.json === true;
    const onProgress = isJson ? () => undefined : createProgressBar(context.err, "users looked up");
    const imported = await importLines(services, file, { dryRun: isDryRun, onProgress });
    if (!isJson) context.err.write(describeProblems(file, imported));
    const { text, error } = describeResult(imported);
    if (error !== undefined) context.exitCode = 1;
    print(context, options, { ...(error !== undefined && { error }), ...imported }, text);
  };
  if (isDryRun) return withServices(context, options, work);
  return withChange(context, options, { what: "lines import", subject: { file } }, work);
}

function describeProblems(file: string, { faults, warnings }: Imported): string {
  const wrong = faults.map(({ line, reason }) => `${file}:${line}: ${reason}\n`);
  return [...wrong, ...warnings.map((warning) => `Warning: ${warning}\n`)].join("");
}

function describeResult({ rows, written, faults }: Imported) {
  if (faults.length > 0) {
    const bad = new Set(faults.map(({ line }) => line)).size;
    const message = `Nothing was written; wrong rows: ${bad}`;
    return { text: `${message}.\n`, error: { code: "failed", message, remedy: "correct the rows in faults" } };
  }
  const text = written > 0 ? `Extens assigned: ${written}.\n` : `Nothing was written; valid rows: ${rows}.\n`;
  return { text, error: undefined };
}

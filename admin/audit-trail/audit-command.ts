import type { Command } from "commander";
import { listChanges } from "../../functions/src/audit/audit.ts";
import { wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { withServices } from "../command/operation.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import { hereOf, sinceOption, type NamedTime } from "../command/times.ts";

/** `audit`: who changed what, when, and from where. */
export function addAuditCommand(program: Command, context: CommandContext): void {
  program
    .command("audit")
    .description("who changed what, when and from where, newest first")
    .addOption(sinceOption("30d"))
    .option("--limit <n>", "maximum number of changes", wholeNumber("--limit", 10_000), 200)
    .addOption(csvOption())
    .action(async (options: AuditOptions) => list(context, options));
}

interface AuditOptions extends ListOptions {
  readonly since: NamedTime;
  readonly limit: number;
}

async function list(context: CommandContext, options: AuditOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const since = options.since(hereOf(services)).from;
    const records = (await listChanges(services, { since, limit: options.limit })).map(
      ({ at, who, from, what, subject, result, outcome = "unfinished" }) => {
        return { at: at.toDate().toISOString(), who, from, what, subject, result, outcome };
      },
    );
    const rows = records.map(({ at, who, from, what, subject, result, outcome }) => {
      const named = Object.entries({ ...subject, ...result }).map(([name, value]) => `${name}=${value}`);
      return [at, who, from, what, named.join(" "), outcome];
    });
    const headings = ["when", "who", "from", "what", "to", "outcome"];
    printList(context, options, { items: records, headings, rows, none: "Nothing was changed in this time." });
  });
}

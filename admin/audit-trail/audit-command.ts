import type { Command } from "commander";
import { listChanges } from "../../functions/src/audit/audit.ts";
import { parseAge, wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { print, withServices, type Common } from "../command/operation.ts";
import { formatTable } from "../command/table.ts";

/** `audit`: who changed what, when, and from where. */
export function addAuditCommand(program: Command, context: CommandContext): void {
  program
    .command("audit")
    .description("who changed what, when and from where, newest first")
    .option("--since <age>", "how far back to look, such as 24h or 30d", parseAge, parseAge("30d"))
    .option("--limit <n>", "maximum number of changes", wholeNumber("--limit", 10_000), 200)
    .action(async (options: AuditOptions) => list(context, options));
}

interface AuditOptions extends Common {
  /** In milliseconds. */
  readonly since: number;
  readonly limit: number;
}

async function list(context: CommandContext, options: AuditOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const since = services.clock.now() - options.since;
    const records = (await listChanges(services, { since, limit: options.limit })).map(
      ({ at, who, from, what, subject, result, outcome = "unfinished" }) => {
        return { at: at.toDate().toISOString(), who, from, what, subject, result, outcome };
      },
    );
    const rows = records.map(({ at, who, from, what, subject, result, outcome }) => {
      const named = Object.entries({ ...subject, ...result }).map(([name, value]) => `${name}=${value}`);
      return [at, who, from, what, named.join(" "), outcome];
    });
    const table = formatTable(["when", "who", "from", "what", "to", "outcome"], rows, context.out.isTTY);
    print(context, options, records, rows.length === 0 ? "Nothing was changed in this time.\n" : table);
  });
}

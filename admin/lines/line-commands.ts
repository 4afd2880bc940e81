import type { Command } from "commander";
import { assignLine, listLines, releaseLine, type Line } from "../../functions/src/lines/lines.ts";
import type { Services } from "../../functions/src/services.ts";
import { findUsers, isUnverified } from "../../functions/src/users/find-users.ts";
import { requireExten, requireUser } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { print, recordOperation, withChange, withServices, type Common } from "../command/operation.ts";
import { createProgressBar } from "../command/progress-bar.ts";
import { formatTable } from "../command/table.ts";
import { importLines } from "./import-lines.ts";

/** `lines assign`, `lines list`, `lines import`, `lines unassign`: whose phones an exten rings. */
export function addLineCommands(program: Command, context: CommandContext): void {
  const lines = program.command("lines").description("whose phones an exten rings");
  lines
    .command("assign <exten> <user>")
    .description("assign an exten to a user, by uid or email; its former user loses it")
    .action(async (exten: string, user: string, options: Common) =>
      assign(context, requireExten(exten), requireUser(user), options),
    );
  lines
    .command("list")
    .description("list the lines")
    .action(async (options: Common) => list(context, options));
  lines
    .command("import <csv>")
    .description("assign extens to users from a CSV file (exten,user): all rows, or none if one is wrong")
    .option("--dry-run", "check the file, write nothing")
    .action(async (file: string, options: ImportFlags) => runImport(context, file, options));
  lines
    .command("unassign <exten>")
    .description("remove an exten from its user")
    .action(async (exten: string, options: Common) => unassign(context, requireExten(exten), options));
}

async function assign(context: CommandContext, exten: string, name: string, options: Common): Promise<void> {
  await withServices(context, options, async (services) => {
    const user = (await findUsers(services, [name])).get(name);
    if (user === undefined) throw new Error(`There is no user ${name}`);
    if (isUnverified(name, user))
      throw new Error(`${name} is not verified; if it is theirs, name the uid: ${user.uid}`);
    const operation = { what: "lines assign", subject: { exten, user: user.uid } };
    await recordOperation(context, services, operation, async () => {
      const line = await assignLine(services, { exten, uid: user.uid });
      print(context, options, line, `${exten} now rings the phones of ${user.email ?? user.uid}.\n`);
    });
  });
}

async function list(context: CommandContext, options: Common): Promise<void> {
  await withServices(context, options, async (services) => {
    const lines: Line[] = [];
    for await (const page of listLines(services)) lines.push(...page);
    const users = await findUsers(
      services,
      lines.map(({ uid }) => uid),
    );
    const found = lines.map(({ exten, uid }) => ({
      exten,
      uid,
      email: users.get(uid)?.email ?? null,
      known: users.has(uid),
    }));
    const rows = found.map(({ exten, uid, email, known }) => [exten, uid, known ? (email ?? "") : "(no such user)"]);
    const table = formatTable(["exten", "uid", "email"], rows, context.out.isTTY);
    print(context, options, found, rows.length === 0 ? "There are no lines yet.\n" : table);
  });
}

async function unassign(context: CommandContext, exten: string, options: Common): Promise<void> {
  await withChange(context, options, { what: "lines unassign", subject: { exten } }, async (services) => {
    const line = await releaseLine(services, exten);
    if (line === undefined) throw new Error(`${exten} is not assigned`);
    print(context, options, line, `${exten} is no longer assigned to ${line.uid}.\n`);
  });
}

interface ImportFlags extends Common {
  readonly dryRun?: boolean;
}

async function runImport(context: CommandContext, file: string, options: ImportFlags): Promise<void> {
  const isDryRun = options.dryRun === true;
  const work = async (services: Services) => {
    // With --json, only the result is printed; it lists the faults.
    const isJson = options.json === true;
    const onProgress = isJson ? () => undefined : createProgressBar(context.err, "users looked up");
    const imported = await importLines(services, file, { dryRun: isDryRun, onProgress });
    const { rows, written, faults } = imported;
    if (!isJson) for (const { line, reason } of faults) context.err.write(`${file}:${line}: ${reason}\n`);
    if (faults.length > 0) context.exitCode = 1;
    const bad = new Set(faults.map(({ line }) => line)).size;
    const wrong = `Nothing was written; wrong rows: ${bad}.\n`;
    const right = written > 0 ? `Extens assigned: ${written}.\n` : `Nothing was written; valid rows: ${rows}.\n`;
    print(context, options, imported, faults.length > 0 ? wrong : right);
  };
  if (isDryRun) return withServices(context, options, work);
  return withChange(context, options, { what: "lines import", subject: { file } }, work);
}

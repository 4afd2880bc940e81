import type { Command } from "commander";
import { assignLine, listLines, releaseLine, type Line } from "../../functions/src/lines/lines.ts";
import { findUsers, findUsersByUid, isUnverified } from "../../functions/src/users/find-users.ts";
import { requireExten, requireUser } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { print, recordOperation, withChange, withServices, type Common } from "../command/operation.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import { addImportCommand } from "./import-command.ts";

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
    .addOption(csvOption())
    .action(async (options: ListOptions) => list(context, options));
  addImportCommand(lines, context);
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

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const lines: Line[] = [];
    for await (const page of listLines(services)) lines.push(...page);
    const uids = [...new Set(lines.map(({ uid }) => uid))];
    const users = await findUsersByUid(services, uids);
    const found = lines.map(({ exten, uid }) => ({
      exten,
      uid,
      email: users.get(uid)?.email ?? null,
      known: users.has(uid),
    }));
    const rows = found.map(({ exten, uid, email, known }) => [exten, uid, known ? (email ?? "") : "(no such user)"]);
    const csvRows = found.map(({ exten, uid, email }) => [exten, uid, email ?? ""]);
    const headings = ["exten", "uid", "email"];
    const csv = { headings, rows: csvRows };
    printList(context, options, { items: found, headings, rows, none: "There are no lines yet.", csv });
  });
}

async function unassign(context: CommandContext, exten: string, options: Common): Promise<void> {
  await withChange(context, options, { what: "lines unassign", subject: { exten } }, async (services) => {
    const line = await releaseLine(services, exten);
    if (line === undefined) throw new Error(`${exten} is not assigned`);
    print(context, options, line, `${exten} is no longer assigned to ${line.uid}.\n`);
  });
}

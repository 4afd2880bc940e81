import type { Command } from "commander";
import type { Services } from "../../functions/src/services.ts";
import { findUsers, isUnverified, type KnownUser } from "../../functions/src/users/find-users.ts";
import { dismissOperator, listOperators, makeOperator } from "../../functions/src/users/operators.ts";
import { requireUser } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { print, recordOperation, withServices, type Common } from "../command/operation.ts";
import { formatTable } from "../command/table.ts";

/** `operators add`, `operators remove`, `operators list`: who may use the console. */
export function addOperatorCommands(program: Command, context: CommandContext): void {
  const operators = program.command("operators").description("who may use the console");
  operators
    .command("add <user>")
    .description("let a user use the console, by uid or verified email; they have to log in again")
    .action(async (user: string, options: Common) => add(context, requireUser(user), options));
  operators
    .command("remove <user>")
    .description("take that right at once, and end the user's logins, in the apps too")
    .action(async (user: string, options: Common) => remove(context, requireUser(user), options));
  operators
    .command("list")
    .description("list the operators; reads every user")
    .action(async (options: Common) => list(context, options));
}

async function findUser(services: Services, name: string): Promise<KnownUser> {
  const user = (await findUsers(services, [name])).get(name);
  if (user === undefined) throw new Error(`There is no user ${name}`);
  return user;
}

async function add(context: CommandContext, name: string, options: Common): Promise<void> {
  await withServices(context, options, async (services) => {
    const user = await findUser(services, name);
    if (isUnverified(name, user))
      throw new Error(`${name} is not verified; if it is theirs, name the uid: ${user.uid}`);
    const { uid } = user;
    await recordOperation(context, services, { what: "operators add", subject: { user: uid } }, async () => {
      await makeOperator(services, uid);
      const text = `${user.email ?? uid} may use the console, after the next login there.\n`;
      print(context, options, { uid, operator: true }, text);
    });
  });
}

async function remove(context: CommandContext, name: string, options: Common): Promise<void> {
  await withServices(context, options, async (services) => {
    const { uid, email } = await findUser(services, name);
    await recordOperation(context, services, { what: "operators remove", subject: { user: uid } }, async () => {
      const wasOperator = await dismissOperator(services, uid);
      const done = wasOperator ? "may no longer use the console" : "was no operator";
      print(context, options, { uid, operator: false, wasOperator }, `${email ?? uid} ${done}; all logins end.\n`);
    });
  });
}

async function list(context: CommandContext, options: Common): Promise<void> {
  await withServices(context, options, async (services) => {
    const found = await listOperators(services);
    const rows = found.map(({ uid, email = "" }) => [uid, email]);
    const none = "There is no operator: nobody can use the console. Make one: npm run ops -- operators add <user>\n";
    const table = formatTable(["uid", "email"], rows, context.out.isTTY);
    print(context, options, found, rows.length === 0 ? none : table);
  });
}

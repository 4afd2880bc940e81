import type { Command } from "commander";
import { eraseUser } from "../../functions/src/users/erase-user.ts";
import type { Services } from "../../functions/src/services.ts";
import { findUsers, findUsersByUid, isEmail } from "../../functions/src/users/find-users.ts";
import { requireUser } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { Failure } from "../command/errors.ts";
import { print, printProgress, recordOperation, withServices, type Common } from "../command/operation.ts";

/** `users erase`: forgets a person. */
export function addUserCommands(program: Command, context: CommandContext): void {
  const users = program.command("users").description("the people whose phones ring");
  users
    .command("erase <user>")
    .description("erase everything of a user, by uid or email; the account in Firebase Auth stays")
    .option("--dry-run", "count, and erase nothing")
    .action(async (user: string, options: EraseFlags) => erase(context, requireUser(user), options));
}

interface EraseFlags extends Common {
  readonly dryRun?: boolean;
}

async function erase(context: CommandContext, name: string, options: EraseFlags): Promise<void> {
  const isDryRun = options.dryRun === true;
  const work = async (services: Services, uid: string) => {
    let told = 0;
    const onProgress = (done: number) => {
      if (done - told < 500) return;
      told = done;
      printProgress(context, options, `${done} documents ${isDryRun ? "counted" : "erased"} …\n`);
    };
    const erased = await eraseUser(services, uid, { isDryRun, onProgress });
    const { lines, devices, rings, pushes } = erased;
    const counts = `lines ${lines}, devices ${devices}, rings ${rings}, pushes ${pushes}`;
    const text = isDryRun ? `Would erase of ${uid}: ${counts}.\n` : `Erased of ${uid}: ${counts}, and the settings.\n`;
    print(context, options, { uid, isDryRun, ...erased }, text);
  };
  await withServices(context, options, async (services) => {
    const uid = await findUid(services, name);
    if (isDryRun) return work(services, uid);
    const operation = { what: "users erase", subject: { user: uid } };
    return recordOperation(context, services, operation, async () => work(services, uid));
  });
}

/** The uid of a name. A uid that Auth no longer has can still be erased, and a uid may look like an email. */
async function findUid(services: Services, name: string): Promise<string> {
  const byUid = await findUsersByUid(services, [name]);
  if (byUid.has(name) || !isEmail(name)) return name;
  const user = (await findUsers(services, [name])).get(name);
  if (user !== undefined) return user.uid;
  throw new Failure(`There is no user ${name}`, "erase by uid");
}

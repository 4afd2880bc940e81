import { Option, type Command } from "commander";
import { requireUser } from "./arguments.ts";

/** Adds `--user`, as every command has it. `--uid` is its former name. */
export function addUserOption(command: Command, description: string): Command {
  return addRenamed(command.option("--user <user>", description, requireUser), "--uid <user>", "user", requireUser);
}

/** Lets an option be given by its former name, too, which the help does not show. */
export function addRenamed(command: Command, flags: string, name: string, parse: (given: string) => unknown): Command {
  const former = new Option(flags).hideHelp();
  return command.addOption(former).on(`option:${former.name()}`, (given: string) => {
    command.setOptionValue(name, parse(given));
  });
}

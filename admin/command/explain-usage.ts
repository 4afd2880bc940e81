import { CommanderError, type Command } from "commander";
import { WrongUsage } from "./errors.ts";

/** The names of the command that a command line is for. */
export function findCommand(program: Command, args: readonly string[]): readonly string[] {
  const names: string[] = [];
  let group = program;
  for (const arg of args) {
    const next = group.commands.find((command) => command.name() === arg);
    if (next === undefined) continue;
    names.push(arg);
    group = next;
  }
  return names;
}

/** Commander's errors are about the command line; others are left as they are. */
export function explainUsage(error: unknown, program: Command, help: string): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === "commander.help") return describeMissing(program, help);
  return new WrongUsage(describeUsage(error), { cause: error });
}

/** For a missing command, commander prints the whole help: of a group, one line with its commands is enough. */
function describeMissing(program: Command, help: string): WrongUsage {
  const [name] = program.args;
  const group = program.commands.find((command) => command.name() === name);
  if (group === undefined) return new WrongUsage("Missing command", { help });
  return new WrongUsage(`Missing command after ${name}: ${group.commands.map((one) => one.name()).join(", ")}`);
}

/** Turns `error: unknown option '--x'` into a sentence, without its full stop. */
function describeUsage({ message }: CommanderError): string {
  const [first = "", ...rest] = message.replace(/^error: |\.$/g, "").replaceAll("\n", " ");
  return first.toUpperCase() + rest.join("");
}

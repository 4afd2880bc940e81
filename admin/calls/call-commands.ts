import type { Command } from "commander";
import type { CommandContext } from "../command/context.ts";
import { addListCommand } from "./list-command.ts";
import { addShowCommand } from "./show-command.ts";
import { addTailCommand } from "./tail-command.ts";
import { addWhyCommand } from "./why-command.ts";

/** `calls why`, `calls list`, `calls show`, `calls tail`: explains calls, and watches them. */
export function addCallCommands(program: Command, context: CommandContext): void {
  const calls = program.command("calls").description("explain calls, list and watch them");
  addWhyCommand(calls, context);
  addListCommand(calls, context);
  addShowCommand(calls, context);
  addTailCommand(calls, context);
}

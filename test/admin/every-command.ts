import type { Command } from "commander";
import { buildProgram } from "../../admin/command/program.ts";

/** A command of the program, and a command line for it that is complete but for the project. */
export interface AnyCommand {
  readonly path: readonly string[];
  readonly args: readonly string[];
  readonly command: Command;
}

/** Arguments that the commands take; a name that is not here gets the last. */
const samples: Readonly<Record<string, string>> = {
  exten: "0701",
  user: "alice",
  pbx: "pbx-9",
  ids: "pbx-1~a",
  call: "1763712000.17",
};
const usual = "sample-1";

/** Every command of `npm run ops`, as the program itself has them: a new one is among them by itself. */
export function listEveryCommand(): readonly AnyCommand[] {
  const context = { out: { write: () => undefined } } as any;
  return walk(
    buildProgram(context, () => undefined),
    [],
  );
}

function walk(group: Command, path: readonly string[]): readonly AnyCommand[] {
  return group.commands.flatMap((command) => {
    const own = [...path, command.name()];
    if (command.commands.length > 0) return walk(command, own);
    const given = command.registeredArguments.map((one) => one.argChoices?.[0] ?? samples[one.name()] ?? usual);
    const needed = command.options.flatMap((one) => (one.mandatory ? [one.long!, one.argChoices?.[0] ?? "2"] : []));
    return [{ path: own, args: [...own, ...given, ...needed], command }];
  });
}

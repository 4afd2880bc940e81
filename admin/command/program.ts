import { Command, CommanderError } from "commander";
import { addAuditCommand } from "../audit-trail/audit-command.ts";
import { addAudienceCommands } from "../audience/audience-commands.ts";
import { addCallCommands } from "../calls/call-commands.ts";
import { addCampaignCommands } from "../campaigns/campaign-commands.ts";
import { addDeployCommand } from "../deploy/deploy-command.ts";
import { addDeviceCommands } from "../devices/device-commands.ts";
import { addDoctorCommand } from "../doctor/doctor-command.ts";
import { addKeyCommands } from "../keys/key-commands.ts";
import { addLineCommands } from "../lines/line-commands.ts";
import { addMonitoringCommands } from "../monitoring/monitoring-commands.ts";
import { addOperatorCommands } from "../operators/operator-commands.ts";
import { addPushCommands } from "../pushes/push-commands.ts";
import { addSendCommand } from "../send/send-command.ts";
import { addStatisticsCommand } from "../statistics/statistics-command.ts";
import { addUserCommands } from "../users/user-commands.ts";
import type { CommandContext } from "./context.ts";
import { WrongUsage } from "./errors.ts";
import { explainUsage, findCommand } from "./explain-usage.ts";
import type { ListOptions } from "./print-list.ts";
import { reportError, wantsJson } from "./report-error.ts";

/** Runs a command and resolves with its exit code: 1 on failure, 2 on wrong usage. */
export async function runOps(args: readonly string[], context: CommandContext): Promise<number> {
  let help = "";
  const program = buildProgram(context, (text) => (help += text));
  try {
    await program.parseAsync([...args], { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return context.exitCode;
    const helpCommand = [nameProgram, ...findCommand(program, args), "--help"].join(" ");
    return reportError(explainUsage(error, program, help), context, { json: wantsJson(args), helpCommand });
  }
}

/** What a shell runs. */
const nameProgram = "npm run ops --";

/** All commands. `onError` gets what commander prints of an error. */
export function buildProgram(context: CommandContext, onError: (text: string) => void): Command {
  const program = new Command(nameProgram)
    .description("Operates pbx-push.")
    .option("--project <id>", "Firebase project id; default: the running local stack")
    .option("--json", "print JSON, also for errors")
    .configureHelp({ showGlobalOptions: true, subcommandTerm: nameCommand })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out.write(text),
      // runOps prints the error.
      writeErr: onError,
    })
    .hook("preAction", (whole, command) => {
      for (const [name, value] of Object.entries(whole.opts())) command.setOptionValue(name, value);
      const { json, csv }: ListOptions = command.opts();
      if (json === true && csv === true) throw new WrongUsage("Give --json or --csv, not both");
    });
  program.commandsGroup("PBXs, lines, phones:");
  addKeyCommands(program, context);
  addLineCommands(program, context);
  addUserCommands(program, context);
  addDeviceCommands(program, context);
  program.commandsGroup("Calls and pushes:");
  addCallCommands(program, context);
  addStatisticsCommand(program, context);
  addSendCommand(program, context);
  addPushCommands(program, context);
  addCampaignCommands(program, context);
  addAudienceCommands(program, context);
  program.commandsGroup("The service:");
  addDeployCommand(program, context);
  addDoctorCommand(program, context);
  addOperatorCommands(program, context);
  addAuditCommand(program, context);
  addMonitoringCommands(program, context);
  // --help is enough.
  for (const command of [program, ...program.commands]) command.helpCommand(false);
  return program;
}

/** `add <id>`, without `[options]`: every command has options. */
function nameCommand(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return command.name() + args.join("");
}

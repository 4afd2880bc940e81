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
import { addPushCommands } from "../pushes/push-commands.ts";
import { addSendCommand } from "../send/send-command.ts";
import { addStatisticsCommand } from "../statistics/statistics-command.ts";
import { addUserCommands } from "../users/user-commands.ts";
import type { CommandContext } from "./context.ts";
import { describe, Refused, WrongUsage } from "./errors.ts";

/** Runs a command and resolves with its exit code: 1 on failure, 2 on wrong usage. */
export async function runOps(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    await runProgram(args, context);
    return context.exitCode;
  } catch (error) {
    return reportError(error, context, args.includes("--json"));
  }
}

/** Prints why a command failed, on stderr or as JSON on stdout; returns the exit code. */
function reportError(error: unknown, { out, err }: CommandContext, json: boolean): number {
  const isUsage = error instanceof WrongUsage;
  const reasons = error instanceof Refused ? error.reasons : [];
  const message = describe(error);
  if (json) {
    const code = isUsage ? "wrong_usage" : "failed";
    // One line, because it may end a stream of JSON lines.
    out.write(`${JSON.stringify({ error: { code, message, ...(reasons.length > 0 && { reasons }) } })}\n`);
  } else {
    for (const reason of reasons) err.write(`- ${reason}\n`);
    err.write(isUsage ? describeWrongUsage(error) : `${message}\n`);
  }
  return isUsage ? 2 : 1;
}

function describeWrongUsage({ message, help }: WrongUsage): string {
  return help === undefined ? `${message} (see --help)\n` : `${message}.\n\n${help}`;
}

async function runProgram(args: readonly string[], context: CommandContext): Promise<void> {
  let help = "";
  const program = buildProgram(context, (text) => (help += text));
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    if (error.code === "commander.help") throw describeMissing(program, help);
    throw new WrongUsage(describeUsage(error), { cause: error });
  }
}

/** For a missing command, commander prints the whole help: of a group, one line with its commands is enough. */
function describeMissing(program: Command, help: string): WrongUsage {
  const [name] = program.args;
  const group = program.commands.find((command) => command.name() === name);
  if (group === undefined) return new WrongUsage("Missing command", { help });
  return new WrongUsage(`Missing command after ${name}: ${group.commands.map((one) => one.name()).join(", ")}`);
}

/** Turns `error: unknown option '--x'` into a sentence. */
function describeUsage({ message }: CommanderError): string {
  const [first = "", ...rest] = message.replace(/^error: /, "").replaceAll("\n", " ");
  return first.toUpperCase() + rest.join("");
}

function buildProgram(context: CommandContext, onError: (text: string) => void): Command {
  const program = new Command("npm run ops --")
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

import { Command, CommanderError } from "commander";
import { settleCommand, WrongUsage } from "../command.ts";
import { addCallCommands } from "../calls/call-commands.ts";
import { addDeviceCommands } from "../devices/device-commands.ts";
import { addDoctorCommand } from "../doctor/doctor-command.ts";
import { addKeyCommands } from "../keys/key-commands.ts";
import { addLineCommands } from "../lines/line-commands.ts";
import { addSendCommand } from "../send/send-command.ts";
import type { Desk } from "./desk.ts";

/** Runs one operator's command and resolves with its exit code. */
export async function runOps(args: readonly string[], desk: Desk): Promise<number> {
  return settleCommand(async () => {
    let said = "";
    const program = buildProgram(desk, (text) => (said += text));
    try {
      await program.parseAsync([...args], { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return 0;
      if (error.code === "commander.help") return tellCommands(said, desk);
      throw new WrongUsage(describeUsage(error), { cause: error });
    }
    return desk.exitCode;
  }, desk.err);
}

function describeUsage({ message }: CommanderError): string {
  return message.replace(/^error: /, "").replaceAll("\n", " ");
}

/** Of a command that was left out commander says its whole help. */
function tellCommands(help: string, { err }: Desk): number {
  err.write(`Say what is to be done.\n\n${help}`);
  return 2;
}

function buildProgram(desk: Desk, onError: (text: string) => void): Command {
  const program = new Command("npm run ops --")
    .description("Operates pbx-push: keys, lines, devices, calls, and what is wrong with them.")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => desk.out.write(text),
      // Said once, by whoever catches the error.
      writeErr: onError,
    });
  addKeyCommands(program, desk);
  addLineCommands(program, desk);
  addDeviceCommands(program, desk);
  addCallCommands(program, desk);
  addSendCommand(program, desk);
  addDoctorCommand(program, desk);
  return program;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { Failure } from "../command/errors.ts";

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** Runs a command in this terminal; rejects if it cannot start or exits with a code other than 0. */
export async function runCommand(
  command: CommandLine,
  cwd: string,
  { out }: { readonly out: "stdout" | "stderr" },
): Promise<void> {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd, stdio: ["inherit", process[out], "inherit"] });
  let ended: unknown[];
  try {
    ended = await once(child, "close");
  } catch (cause) {
    throw new Failure(`${program} cannot be started`, "run npm install first", { cause });
  }
  const [code, signal] = ended;
  if (code !== 0) throw new Error(`${formatCommand(command)} exited with ${String(code ?? signal)}`);
}

/** The command as typed in a shell. */
export function formatCommand(command: CommandLine): string {
  return command.map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : JSON.stringify(part))).join(" ");
}

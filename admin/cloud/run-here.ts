import { spawn } from "node:child_process";
import { once } from "node:events";

/** A program and what it is started with. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** Runs a command in this terminal; rejects when it is not there or does not end with 0. */
export async function runHere(
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
    throw new Error(`${program} cannot be started: run npm install first`, { cause });
  }
  const [code, signal] = ended;
  if (code !== 0) throw new Error(`${formatCommand(command)} has ended with ${String(code ?? signal)}`);
}

/** The command as one would type it. */
export function formatCommand(command: CommandLine): string {
  return command.map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : JSON.stringify(part))).join(" ");
}

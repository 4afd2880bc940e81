import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";

/** Result of a run of the Firebase CLI. */
export interface FirebaseRun {
  readonly code: number;
  readonly stdout: string;
  /** The line with the error; the first line of output if none is marked as an error. */
  readonly errorLine: string;
}

/** Runs the Firebase CLI; `script` is its path, `input` its standard input. */
export async function runFirebase(script: string, args: readonly string[], input = ""): Promise<FirebaseRun> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NO_UPDATE_NOTIFIER: "1", NO_COLOR: "1" },
  });
  // If the CLI exits without reading its input, the exit code is enough.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode ?? 1, stdout, errorLine: findErrorLine(`${stderr}\n${stdout}`) };
}

function findErrorLine(output: string): string {
  const lines = stripVTControlCharacters(output).split("\n");
  const written = lines.map((line) => line.trim()).filter((line) => line !== "");
  return written.find((line) => line.startsWith("Error:"))?.replace(/^Error: */, "") ?? written[0] ?? "no output";
}

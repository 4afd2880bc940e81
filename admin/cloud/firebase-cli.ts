import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";

/** How a run of the Firebase CLI has ended. */
export interface FirebaseRun {
  readonly code: number;
  readonly stdout: string;
  /** The one line that says what was wrong, if anything. */
  readonly complaint: string;
}

/** Runs the Firebase CLI as the project that this checkout has installed; `input` is what it reads. */
export async function runFirebase(script: string, args: readonly string[], input = ""): Promise<FirebaseRun> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NO_UPDATE_NOTIFIER: "1", NO_COLOR: "1" },
  });
  // One that ends without reading has its exit code to say why.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode ?? 1, stdout, complaint: findComplaint(`${stderr}\n${stdout}`) };
}

function findComplaint(output: string): string {
  const lines = stripVTControlCharacters(output).split("\n");
  const said = lines.map((line) => line.trim()).filter((line) => line !== "");
  return said.find((line) => line.startsWith("Error:"))?.replace(/^Error: */, "") ?? said[0] ?? "it said nothing";
}

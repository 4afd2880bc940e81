import { hasStatus } from "../functions/src/firestore/status.ts";
import type { Output } from "./progress-bar.ts";

/** The operator has to call the command otherwise; the message says how. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}

/** Runs an operator's command: its exit code is what `run` returns, 1 when it fails and 2 when it was called wrong, each with one line on stderr. */
export async function runCommand(run: () => Promise<number>): Promise<void> {
  process.exitCode = await settleCommand(run, process.stderr);
}

/** The exit code of a command; what it throws becomes one line on `err`. */
export async function settleCommand(run: () => Promise<number>, err: Output): Promise<number> {
  try {
    return await run();
  } catch (error) {
    err.write(`${describe(error)}${isWrongUsage(error) ? " (--help says more)" : ""}\n`);
    return isWrongUsage(error) ? 2 : 1;
  }
}

/** `parseArgs` throws errors with such codes. */
function isWrongUsage(error: unknown): boolean {
  if (error instanceof WrongUsage) return true;
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

/** What an error says to an operator, in one line. */
export function describe(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
  if (line.includes("Could not load the default credentials")) {
    return "No credentials for Google Cloud: run gcloud auth application-default login";
  }
  // For a project that does not exist, or that these credentials cannot read.
  if (hasStatus(error, "NOT_FOUND", "PERMISSION_DENIED")) {
    return `There is no such project, or it is closed to you: look at --project and at your login (${line})`;
  }
  return line;
}

/** The operator has to call the command otherwise; the message says how. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}

/** Runs an operator's command: its exit code is what `run` returns, 1 when it fails and 2 when it was called wrong, each with one line on stderr. */
export async function runCommand(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    process.exitCode = isWrongUsage(error) ? 2 : 1;
    process.stderr.write(`${describe(error)}${isWrongUsage(error) ? " (--help says more)" : ""}\n`);
  }
}

/** `parseArgs` throws errors with such codes. */
function isWrongUsage(error: unknown): boolean {
  if (error instanceof WrongUsage) return true;
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

function describe(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
  if (line.includes("Could not load the default credentials")) {
    return "No credentials for Google Cloud: run gcloud auth application-default login";
  }
  return line;
}

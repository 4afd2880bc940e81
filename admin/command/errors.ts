import { hasStatus } from "../../functions/src/firestore/status.ts";

/** The operator has to call the command otherwise; the message says how. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
  /** What `--help` would have said. */
  readonly help: string | undefined;

  constructor(message: string, { help, ...options }: ErrorOptions & { readonly help?: string } = {}) {
    super(message, options);
    this.help = help;
  }
}

/** The command has done nothing, for several reasons. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reasons: readonly string[];

  constructor(message: string, reasons: readonly string[]) {
    super(message);
    this.reasons = reasons;
  }
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

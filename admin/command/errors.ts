import { hasStatus } from "../../functions/src/firestore/status.ts";

/** The command line is wrong; the message says how to correct it. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
  /** The output of `--help`. */
  readonly help: string | undefined;

  constructor(message: string, { help, ...options }: ErrorOptions & { readonly help?: string } = {}) {
    super(message, options);
    this.help = help;
  }
}

/** The command changed nothing; `reasons` lists the errors. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reasons: readonly string[];

  constructor(message: string, reasons: readonly string[]) {
    super(message);
    this.reasons = reasons;
  }
}

/** One line about an error, for the operator. */
export function describe(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
  if (line.includes("Could not load the default credentials")) {
    return "No credentials for Google Cloud: run gcloud auth application-default login";
  }
  // Google's answer for a project that does not exist or that these credentials cannot read.
  if (hasStatus(error, "NOT_FOUND", "PERMISSION_DENIED")) {
    return `The project does not exist, or you have no access: check --project and your login (${line})`;
  }
  return line;
}

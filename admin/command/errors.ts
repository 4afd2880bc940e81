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

/** The command could not do what it was asked to, and `remedy` says what to do. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly what: string;
  readonly remedy: string;

  constructor(what: string, remedy: string, options?: ErrorOptions) {
    super(`${what}: ${remedy}`, options);
    this.what = what;
    this.remedy = remedy;
  }
}

/** An error as the operator is told it. */
export interface Explained {
  readonly message: string;
  readonly remedy?: string;
}

/** Says in one line what went wrong, and what to do about it. */
export function explain(error: unknown): Explained {
  if (error instanceof Failure) return { message: error.what, remedy: error.remedy };
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
  if (line.includes("Could not load the default credentials")) {
    return {
      message: "No credentials for Google Cloud",
      remedy: "run gcloud auth application-default login",
    };
  }
  // Google's answer for a project that does not exist or that these credentials cannot read.
  if (hasStatus(error, "NOT_FOUND", "PERMISSION_DENIED")) {
    const message = `The project does not exist, or you have no access: ${line}`;
    return { message, remedy: "check --project and your login" };
  }
  if (hasStatus(error, "FAILED_PRECONDITION") && line.includes("requires an index")) {
    const remedy = "npm run deploy -- --only firestore --project <id>, then wait until it is built";
    return { message: "Firestore lacks an index that this command needs", remedy };
  }
  return { message: line };
}

/** One line about an error, for the operator. */
export function describe(error: unknown): string {
  const { message, remedy } = explain(error);
  return remedy === undefined ? message : `${message}: ${remedy}`;
}

import { describe, explain, Refused, WrongUsage } from "./errors.ts";
import type { Output } from "./progress-bar.ts";

/** How an error is reported. */
export interface Reporting {
  readonly json: boolean;
  /** The command that explains the command line, for the remedy of a wrong one. */
  readonly helpCommand: string;
}

/** Whether the errors of this command line are to be JSON, also where the command line is wrong. */
export function wantsJson(args: readonly string[]): boolean {
  return args.some((arg) => arg === "--json" || arg.startsWith("--json="));
}

/** Prints why a command failed, on stderr or as JSON on stdout; returns the exit code: 1 on failure, 2 on wrong usage. */
export function reportError(
  error: unknown,
  { out, err }: { readonly out: Output; readonly err: Output },
  { json, helpCommand }: Reporting,
): 1 | 2 {
  const isUsage = error instanceof WrongUsage;
  const reasons = error instanceof Refused ? error.reasons : [];
  if (json) {
    const code = isUsage ? "wrong_usage" : "failed";
    const told = { ...(isUsage && { remedy: helpCommand }), ...explain(error) };
    const { message, remedy } = told;
    const body = { code, message, ...(remedy !== undefined && { remedy }), ...(reasons.length > 0 && { reasons }) };
    // One line, because it may end a stream of JSON lines.
    out.write(`${JSON.stringify({ error: body })}\n`);
  } else {
    for (const reason of reasons) err.write(`- ${reason}\n`);
    err.write(isUsage ? describeWrongUsage(error) : `${describe(error)}\n`);
  }
  return isUsage ? 2 : 1;
}

function describeWrongUsage({ message, help }: WrongUsage): string {
  return help === undefined ? `${message} (see --help)\n` : `${message}.\n\n${help}`;
}

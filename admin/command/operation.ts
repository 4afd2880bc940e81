import { hostname, userInfo } from "node:os";
import { recordChange } from "../../functions/src/audit/audit.ts";
import type { Services } from "../../functions/src/services.ts";
import { chooseProject } from "../project/project.ts";
import type { CommandContext } from "./context.ts";

/** The options that every command takes. */
export interface Common {
  readonly project?: string;
  readonly json?: boolean;
}

/** Prints the result of a command: text, or JSON with `--json`. */
export function print({ out }: CommandContext, { json }: Common, value: unknown, text: string): void {
  out.write(json === true ? `${JSON.stringify(value, undefined, 2)}\n` : text);
}

/** Prints progress; with `--json` on stderr, because stdout is for the JSON document. */
export function printProgress({ out, err }: CommandContext, { json }: Common, text: string): void {
  (json === true ? err : out).write(text);
}

/** Connects to the chosen project for as long as `run` takes. */
export async function withServices<T>(
  context: CommandContext,
  { project }: Common,
  run: (services: Services) => Promise<T>,
): Promise<T> {
  const { services, close } = await context.connect(await chooseProject(project));
  try {
    return await run(services);
  } finally {
    await close();
  }
}

/** A command that changes something, and what it changes, as `ops audit` lists it. */
export interface Operation {
  readonly what: string;
  /**
   * Never a key, a registration or an email: a user by uid, and else only what was found to be there or has a form that
   * no secret has.
   */
  readonly subject: Readonly<Record<string, string>>;
}

/** Connects as {@link withServices} does, and records what `run` changes: `ops audit` lists it. */
export async function withChange<T>(
  context: CommandContext,
  options: Common,
  operation: Operation,
  run: (services: Services) => Promise<T>,
): Promise<T> {
  return withServices(context, options, async (services) => {
    return recordOperation(context, services, operation, async () => run(services));
  });
}

/**
 * Records what `run` changes, for a command that must look up first what it changes. `run` may tell which part of it was
 * done.
 */
export async function recordOperation<T>(
  context: CommandContext,
  services: Services,
  operation: Operation,
  run: (tell: (result: Readonly<Record<string, string>>) => void) => Promise<T>,
): Promise<T> {
  let result: Readonly<Record<string, string>> | undefined;
  return recordChange(
    services,
    { who: userInfo().username, from: hostname(), ...operation },
    async () => run((told) => (result = told)),
    () => ({ isDone: context.exitCode === 0, ...(result !== undefined && { result }) }),
  );
}

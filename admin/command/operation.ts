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

/** A command that changes something, and what it changes: a user by uid, never by email. */
export interface Operation {
  readonly what: string;
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

/** Records what `run` changes, for a command that must look up first what it changes. */
export async function recordOperation<T>(
  context: CommandContext,
  services: Services,
  { what, subject }: Operation,
  run: () => Promise<T>,
): Promise<T> {
  const change = { who: userInfo().username, from: hostname(), what, subject };
  return recordChange(services, change, run, () => context.exitCode === 0);
}

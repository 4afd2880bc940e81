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

/** Connects as {@link withServices} does, and records what `run` changes: `ops audit` lists it. */
export async function withChange<T>(
  context: CommandContext,
  options: Common,
  { what, subject }: { readonly what: string; readonly subject: Readonly<Record<string, string>> },
  run: (services: Services) => Promise<T>,
): Promise<T> {
  return withServices(context, options, async (services) => {
    const change = { who: userInfo().username, from: hostname(), what, subject };
    return recordChange(
      services,
      change,
      async () => run(services),
      () => context.exitCode === 0,
    );
  });
}

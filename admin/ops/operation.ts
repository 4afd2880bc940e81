import type { Command } from "commander";
import type { Services } from "../../functions/src/services.ts";
import { chooseProject } from "../project.ts";
import type { Desk } from "./desk.ts";

/** What every operation takes. */
export interface Common {
  readonly project?: string;
  readonly json?: boolean;
}

/** Adds a command that is for one project and can answer in JSON. */
export function addOperation(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option("--project <id>", "a Firebase project; the local stack's when that runs")
    .option("--json", "print JSON");
}

/** Prints what a command has found, for people or for programs. */
export function print({ out }: Desk, { json }: Common, value: unknown, text: string): void {
  out.write(json === true ? `${JSON.stringify(value, undefined, 2)}\n` : text);
}

/** Connects to the chosen project for as long as `run` takes. */
export async function withServices<T>(
  desk: Desk,
  { project }: Common,
  run: (services: Services) => Promise<T>,
): Promise<T> {
  const { services, close } = await desk.connect(await chooseProject(project));
  try {
    return await run(services);
  } finally {
    await close();
  }
}

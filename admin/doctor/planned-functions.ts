import { z } from "zod";
import { allSettings } from "../../functions/src/config.ts";

/** A function that this checkout deploys. */
export interface PlannedFunction {
  readonly name: string;
  readonly schedule?: { readonly cron: string; readonly timeZone: string };
}

// A string, or a param that the Firebase CLI fills in.
const expression = z.custom<{ toCEL(): string }>((value) => value instanceof Object && "toCEL" in value);
const field = z.union([z.string(), expression.transform((param) => param.toCEL())]);

// The metadata that firebase-functions attaches to a trigger for the Firebase CLI.
const trigger = z
  .custom<object>((value) => typeof value === "function")
  .transform((value) => new Map(Object.entries(value)).get("__endpoint"))
  .pipe(z.object({ scheduleTrigger: z.object({ schedule: field, timeZone: field }).optional() }));

/** Every function of `functions/src/index.ts`, as the Firebase CLI deploys it with these settings. */
export async function listEndpoints(settings: NodeJS.ProcessEnv): Promise<readonly PlannedFunction[]> {
  const exported = Object.entries(await import("../../functions/src/index.ts"));
  return exported.map(([name, value]) => {
    const { scheduleTrigger } = trigger.parse(value);
    if (scheduleTrigger === undefined) return { name };
    const { schedule, timeZone } = scheduleTrigger;
    return { name, schedule: { cron: fillIn(schedule, settings), timeZone: fillIn(timeZone, settings) } };
  });
}

function fillIn(text: string, settings: NodeJS.ProcessEnv): string {
  const name = /^\{\{ params\.(\w+) \}\}$/.exec(text)?.[1];
  const setting = allSettings.find((one) => one.name === name);
  return setting === undefined ? text : settings[setting.name] || setting.default;
}

import { z } from "zod";

/** A function that this checkout deploys. */
export interface PlannedFunction {
  readonly name: string;
  readonly schedule?: { readonly cron: string; readonly timeZone: string };
}

// What firebase-functions hangs on a trigger for the Firebase CLI to read.
const trigger = z
  .custom<object>((value) => typeof value === "function")
  .transform((value) => new Map(Object.entries(value)).get("__endpoint"))
  .pipe(z.object({ scheduleTrigger: z.object({ schedule: z.string(), timeZone: z.string() }).optional() }));

/** Every function of `functions/src/index.ts`, as the Firebase CLI reads it. */
export async function listEndpoints(): Promise<readonly PlannedFunction[]> {
  const exported = Object.entries(await import("../../functions/src/index.ts"));
  return exported.map(([name, value]) => {
    const { scheduleTrigger } = trigger.parse(value);
    if (scheduleTrigger === undefined) return { name };
    return { name, schedule: { cron: scheduleTrigger.schedule, timeZone: scheduleTrigger.timeZone } };
  });
}

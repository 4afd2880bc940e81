import type { Services } from "../services.ts";
import { countHour, findBusyHour } from "./count-hour.ts";
import { advance, beginAt, countLost, findDueHours } from "./due-hours.ts";
import { readProgress, saveProgress } from "./progress.ts";

/** A run begins no further hour after this time, in milliseconds; the next one goes on. */
const workMs = 360_000;

/**
 * Counts the hours that are due, also those that were missed. An hour that fails does not stop the others: it is due
 * again in the next run.
 */
export async function countHours(services: Services): Promise<void> {
  const { clock, log } = services;
  const startedAt = clock.now();
  const { now, progress = beginAt(now) } = await readProgress(services);
  const lost = countLost(progress, now);
  if (lost > 0) log.error("statistics_hours_lost", { hours: lost });
  const due = findDueHours(progress, now);
  const counted = new Set<number>();
  const failed = new Map<number, unknown>();
  let rings = 0;
  let busy = Number.NEGATIVE_INFINITY;
  for (const hour of due) {
    if (clock.now() - startedAt >= workMs) break;
    try {
      if (busy < hour) busy = await findBusyHour(services, hour);
      if (busy === hour) rings += await countHour(services, hour);
      counted.add(hour);
    } catch (error) {
      failed.set(hour, error);
    }
  }
  await saveProgress(services, advance(progress, { counted, failed: new Set(failed.keys()) }, now), counted);
  log.info("statistics_counted", { hours: counted.size, left: due.length - counted.size, rings });
  if (failed.size > 0) throw new AggregateError(failed.values(), "Some hours could not be counted");
}

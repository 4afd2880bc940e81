import { systemClock } from "../../../functions/src/clock.ts";
import type { Services } from "../../../functions/src/services.ts";

/** The services with a clock whose sleeps last 10 ms at most: a request may ask to be held for 25 seconds. */
export function withShortSleeps(services: Services): Services {
  const sleep: typeof systemClock.sleep = (ms, signal) => systemClock.sleep(Math.min(ms, 10), signal);
  return { ...services, clock: { ...systemClock, sleep } };
}

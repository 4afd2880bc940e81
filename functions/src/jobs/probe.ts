import { runProbe } from "../probe/run-probe.ts";
import { services } from "../services.ts";
import { scheduledJob } from "./schedule.ts";

/** Rings a phone that cannot exist through the whole chain, each hour. */
export const probe = scheduledJob(
  {
    schedule: "23 * * * *",
    timeoutSeconds: 60,
    retryCount: 0,
    failure: "probe_not_recorded",
  },
  async () => runProbe(services()),
);

import { onSchedule } from "firebase-functions/v2/scheduler";
import { removeOldRuns } from "../campaigns/remove-old-runs.ts";
import { region } from "../config.ts";
import { sweepDevices } from "../devices/sweep-devices.ts";
import { services } from "../services.ts";

/** Sees to what has grown old: devices that have been away, runs of campaigns. Neither waits for the other to succeed. */
export const nightly = onSchedule(
  {
    schedule: "40 3 * * *",
    timeZone: "Asia/Seoul",
    region,
    memory: "512MiB",
    cpu: 1,
    concurrency: 1,
    maxInstances: 1,
    timeoutSeconds: 540,
    retryCount: 3,
  },
  async () => {
    const done = await Promise.allSettled([sweepDevices(services()), removeOldRuns(services())]);
    const failed = done.filter((job) => job.status === "rejected");
    // onSchedule rethrows with a stack of its own.
    for (const { reason } of failed) services().log.error("nightly_failed", { error: reason });
    if (failed[0] !== undefined) throw failed[0].reason;
  },
);

import { removeOldRuns } from "../campaigns/remove-old-runs.ts";
import { mendAudience } from "../devices/audience/mend-audience.ts";
import { sweepDevices } from "../devices/sweep-devices.ts";
import { services } from "../services.ts";
import { sweepUsers } from "../users/sweep-users.ts";
import { scheduledJob } from "./schedule.ts";

/**
 * Removes devices unseen for too long, old campaign runs and users that Auth no longer has, and repairs a part of the
 * audience. A failure of one does not stop the others.
 */
export const nightly = scheduledJob(
  {
    schedule: "40 3 * * *",
    timeoutSeconds: 540,
    retryCount: 3,
    failure: "nightly_failed",
  },
  async () => {
    const done = await Promise.allSettled([
      sweepDevices(services()),
      removeOldRuns(services()),
      sweepUsers(services()),
      mendAudience(services()),
    ]);
    const failures = done.filter((job) => job.status === "rejected").map(({ reason }): unknown => reason);
    if (failures.length > 0) throw new AggregateError(failures, "A part of the nightly job has failed");
  },
);

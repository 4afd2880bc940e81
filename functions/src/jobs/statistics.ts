import { services } from "../services.ts";
import { countHours } from "../statistics/count-hours.ts";
import { scheduledJob } from "./schedule.ts";

/** Counts the rings of the last hour, and again those of earlier hours: phones report late. */
export const statistics = scheduledJob(
  {
    schedule: "8 * * * *",
    timeoutSeconds: 540,
    retryCount: 3,
    failure: "statistics_failed",
  },
  async () => countHours(services()),
);

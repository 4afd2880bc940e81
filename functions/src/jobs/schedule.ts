import { onSchedule, type ScheduledEvent, type ScheduleFunction } from "firebase-functions/v2/scheduler";
import { params } from "../config.ts";
import { logWithoutSettings } from "../log.ts";

/** When a job runs, and for how long at most. */
export interface Schedule {
  /** A crontab line, or a param in braces: https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules */
  readonly schedule: string;
  readonly timeoutSeconds: number;
  /** How often Cloud Scheduler tries again when the job has failed. */
  readonly retryCount: number;
  /** What the log calls a failure. */
  readonly failure: string;
}

/**
 * Builds a scheduled function. A failure is logged here, because `onSchedule` logs its message without the stack, and is
 * thrown again, so that Cloud Scheduler retries the job.
 */
export function scheduledJob(
  { failure, ...options }: Schedule,
  run: (event: ScheduledEvent) => Promise<void>,
): ScheduleFunction {
  const { region, timeZone } = params;
  const limits = { memory: "512MiB", cpu: 1, concurrency: 1, maxInstances: 1 } as const;
  return onSchedule({ ...options, region, timeZone, ...limits }, async (event) => {
    try {
      await run(event);
    } catch (error) {
      // When the settings are wrong there are no services to log through.
      logWithoutSettings.error(failure, { error });
      throw error;
    }
  });
}

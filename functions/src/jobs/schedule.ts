import { onSchedule, type ScheduledEvent, type ScheduleFunction } from "firebase-functions/v2/scheduler";
import { params } from "../config.ts";
import { logWithoutSettings } from "../log.ts";

/** When a job runs, and for how long at most. */
export interface Schedule {
  /** A crontab line, or a param in braces: https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules */
  readonly schedule: string;
  readonly timeoutSeconds: number;
  /** Number of retries by Cloud Scheduler after a failure. */
  readonly retryCount: number;
  /** Event name of a failure in the log. */
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
      // With invalid settings there are no services to log with.
      logWithoutSettings.error(failure, { error });
      throw error;
    }
  });
}

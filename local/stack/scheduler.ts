import { host, ports, projectId, region } from "./ports.ts";

/** Runs a scheduled function through the Functions emulator; resolves when it has ended. */
export async function runSchedule(name: string): Promise<void> {
  const url = `http://${host}:${ports.functions}/functions/projects/${projectId}/triggers/${region}-${name}-0`;
  const response = await fetch(url, { method: "POST" });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${name} answered ${response.status}; see the emulators' log`);
}

const minuteMs = 60_000;

/** How often each of these jobs runs; the others are run by hand. */
const everyMs = { duePushes: minuteMs, statistics: 60 * minuteMs, probe: 60 * minuteMs } as const;

/** Runs the frequent jobs, which the emulator does not; returns a function that stops them. Campaigns are started by hand. */
export function startJobs(): () => void {
  const timers = Object.entries(everyMs).map(([name, ms]) => {
    // The emulator's log has the error; the next run retries.
    return setInterval(() => void runSchedule(name).catch(() => undefined), ms);
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

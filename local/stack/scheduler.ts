import { host, ports, projectId, region } from "./ports.ts";

/** Runs a scheduled function through the Functions emulator; resolves when it has ended. */
export async function runSchedule(name: string): Promise<void> {
  const url = `http://${host}:${ports.functions}/functions/projects/${projectId}/triggers/${region}-${name}-0`;
  const response = await fetch(url, { method: "POST" });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${name} answered ${response.status}; see the emulators' log`);
}

const minuteMs = 60_000;

/** Runs the minute job, which the emulator does not; returns a function that stops it. Campaigns are started by hand. */
export function startMinuteJob(): () => void {
  const timer = setInterval(() => {
    // The emulator's log has the error; the next minute retries.
    runSchedule("duePushes").catch(() => undefined);
  }, minuteMs);
  return () => clearInterval(timer);
}

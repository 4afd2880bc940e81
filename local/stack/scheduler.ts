import { host, ports, projectId, region } from "./ports.ts";

/** A schedule's function, run the way the Functions emulator has it run; resolves when it has ended. */
export async function runSchedule(name: string): Promise<void> {
  const url = `http://${host}:${ports.functions}/functions/projects/${projectId}/triggers/${region}-${name}-0`;
  const response = await fetch(url, { method: "POST" });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${name} answered ${response.status}; the emulators' log says more`);
}

const minuteMs = 60_000;

/** Runs the minute job, which the emulator does not; returns what stops that. The campaigns wait to be started by hand. */
export function startMinuteJob(): () => void {
  const timer = setInterval(() => {
    // The emulator's log has why; the next minute may be better.
    runSchedule("duePushes").catch(() => undefined);
  }, minuteMs);
  return () => clearInterval(timer);
}

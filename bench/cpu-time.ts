import { readFile } from "node:fs/promises";

/** Linux counts in hundredths of a second, whatever the kernel's own clock: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const ticksPerSecond = 100;

/** How long a process, all its threads together, has been on a processor, in seconds; NaN where there is no /proc. */
export async function readCpuSeconds(pid: number): Promise<number> {
  if (process.platform !== "linux") return Number.NaN;
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  // The name of the program, in brackets, may hold blanks.
  const [userTicks, systemTicks] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14);
  return (Number(userTicks) + Number(systemTicks)) / ticksPerSecond;
}

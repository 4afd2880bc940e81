import { readFile } from "node:fs/promises";

/** Linux counts in hundredths of a second, whatever the kernel's own clock: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const ticksPerSecond = 100;

/** How long a process, all its threads together, has been on a processor, in seconds. Rejects where there is no /proc. */
export async function readCpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  // The name of the program, in brackets, may hold blanks.
  const [, , , , , , , , , , , userTicks, systemTicks] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(userTicks) + Number(systemTicks)) / ticksPerSecond;
}

// Runs a command in its own process group and ends the whole group when standard input closes. Standard input closes when
// the parent dies for any reason; the parent also closes it for an orderly stop.
import { spawn } from "node:child_process";

/** Timeout of an orderly stop: the official emulators give their own children a few seconds. */
const stopTimeoutMs = 10_000;

const [command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, {
  detached: true,
  // A pipe of its own: a process that leaves the group inherits standard input, and could consume ours.
  stdio: ["pipe", "inherit", "inherit"],
  env: { ...process.env, PBX_PUSH_PROCESS_GROUP: "1" },
});

child.on("error", (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
child.on("exit", (code) => {
  killGroup();
  process.exit(code ?? 1);
});
process.stdin.on("close", stop).resume();
// Ctrl-C reaches every process of the terminal; the parent handles it.
process.on("SIGINT", () => undefined);
// So does the end of the terminal; without this handler, this process would end and leave the emulators running.
process.on("SIGHUP", () => undefined);
process.on("SIGTERM", stop);

function stop(): void {
  child.kill("SIGINT");
  setTimeout(killGroup, stopTimeoutMs).unref();
}

/** Kills the processes that the command left behind. */
function killGroup(): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone, as it should be.
  }
}

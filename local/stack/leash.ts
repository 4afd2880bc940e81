// Runs a command in a process group of its own and ends the whole group when this process's standard input closes, which
// it does however the parent died. The parent itself asks for an orderly stop by closing it.
import { spawn } from "node:child_process";

/** How long an orderly stop may take: the official emulators give their own children a few seconds. */
const patienceMs = 10_000;

const [command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, {
  detached: true,
  // Whoever leaves the group inherits this standard input, and may take its end for ours.
  stdio: ["pipe", "inherit", "inherit"],
  env: { ...process.env, PBX_PUSH_LEASHED: "1" },
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
// Ctrl-C reaches every process of the terminal; the parent decides what it means.
process.on("SIGINT", () => undefined);
// So does the end of the terminal; without this it would end the leash and leave the emulators.
process.on("SIGHUP", () => undefined);
process.on("SIGTERM", stop);

function stop(): void {
  child.kill("SIGINT");
  setTimeout(killGroup, patienceMs).unref();
}

/** Whoever the command left behind. */
function killGroup(): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone, as it should be.
  }
}

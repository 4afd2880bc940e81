// Runs the tests of the pack on real Asterisks: npm run test:sip [-- --suite sid|bullseye] [test files]
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs, promisify } from "node:util";
import { findOrMakeRoot, suites, type AsteriskRoot } from "./asterisk-root.ts";

const run = promisify(execFile);
const { values, positionals } = parseArgs({ options: { suite: { type: "string" } }, allowPositionals: true });

/** Commands that the tests start, with their Debian packages. */
const commands = {
  debootstrap: "debootstrap debian-archive-keyring",
  sipp: "sip-tester",
  ip: "iproute2",
  unshare: "util-linux",
};

const say = (line: string) => void process.stdout.write(`test:sip: ${line}\n`);

process.exitCode = process.getuid?.() === 0 ? await main() : await runAsRoot();

/** chroot, namespaces and debootstrap need root. sudo drops the environment but for what it is told to keep. */
async function runAsRoot(): Promise<number> {
  const self = [process.execPath, ...process.argv.slice(1)];
  const kept = ["HOME", "XDG_CACHE_HOME", "NAMES", "KEEP"].join(",");
  const [code] = await once(spawn("sudo", ["-n", `--preserve-env=${kept}`, ...self], { stdio: "inherit" }), "exit");
  return typeof code === "number" ? code : 1;
}

async function main(): Promise<number> {
  await installCommands();
  const roots: AsteriskRoot[] = [];
  for (const suite of suites.filter(({ name }) => values.suite === undefined || values.suite === name)) {
    try {
      roots.push(await findOrMakeRoot(suite, say));
    } catch (error) {
      say(`NOT TESTED on Debian ${suite.name}'s Asterisk, which could not be made: ${(error as Error).message}`);
    }
  }
  if (roots.length === 0) say("FAILED: there is no Asterisk to test on");
  const codes: number[] = [];
  for (const root of roots) codes.push(await testOn(root));
  return roots.length > 0 && codes.every((code) => code === 0) ? 0 : 1;
}

async function installCommands(): Promise<void> {
  const missing: string[] = [];
  for (const [command, packages] of Object.entries(commands)) {
    await run("which", [command]).catch(() => missing.push(...packages.split(" ")));
  }
  if (missing.length === 0) return;
  say(`installing ${missing.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], { env });
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env });
}

/** Runs the tests in namespaces of their own: with loopback only, and no process outlives them. */
async function testOn({ path, version }: AsteriskRoot): Promise<number> {
  const startedAt = performance.now();
  const files = positionals.length > 0 ? positionals : ["test/sip/*.test.ts"];
  const prepare = 'ip link set lo up && mount -t proc proc "$ASTERISK_ROOT/proc" && exec "$0" "$@"';
  const node = [process.execPath, "--test", "--test-concurrency=1", "--test-timeout=120000", ...files];
  const namespaces = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const tests = spawn("unshare", [...namespaces, "sh", "-c", prepare, ...node], {
    stdio: "inherit",
    env: { ...process.env, ASTERISK_ROOT: path, ASTERISK_VERSION: version },
  });
  const [code] = await once(tests, "exit");
  say(`${version}: ${code === 0 ? "passed" : "FAILED"} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return typeof code === "number" ? code : 1;
}

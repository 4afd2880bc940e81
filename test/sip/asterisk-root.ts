import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A release of Debian and the Asterisk in it. */
export interface Suite {
  readonly name: "sid" | "bullseye";
  /** Approximate size of its root in megabytes, and time to make it in minutes. */
  readonly megabytes: number;
  readonly minutes: number;
}

/** The tests run on these: Asterisk 22 and 16.28. */
export const suites: readonly Suite[] = [
  { name: "sid", megabytes: 500, minutes: 4 },
  { name: "bullseye", megabytes: 380, minutes: 3 },
];

/** The root directory of a Debian with Asterisk, Python and curl. */
export interface AsteriskRoot {
  readonly path: string;
  /** The output of `asterisk -V`. */
  readonly version: string;
}

/** The directory of all roots. */
// oxlint-disable-next-line node/no-process-env -- the XDG base directory specification
const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pbx-push/asterisk");

/** The root of a suite, made with debootstrap on first use. Rejects if the suite's packages are not available. */
export async function findOrMakeRoot(suite: Suite, say: (line: string) => void): Promise<AsteriskRoot> {
  const path = join(cache, suite.name);
  if (!existsSync(path)) await makeRoot(suite, path, say);
  return { path, version: (await run("chroot", [path, "asterisk", "-V"])).stdout.trim() };
}

/** Makes a root in a temporary directory and renames it when complete: an incomplete root is never used. */
async function makeRoot({ name, megabytes, minutes }: Suite, path: string, say: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  say(`making an Asterisk from Debian ${name} in ${path}: about ${megabytes} MB and ${minutes} minutes, once`);
  await mkdir(dirname(path), { recursive: true });
  const draft = await mkdtemp(`${path}.draft-`);
  const include = "--include=asterisk,ca-certificates,curl,python3";
  try {
    // In a mount namespace: an interrupted run leaves no /proc mounted in the root.
    await run("unshare", ["--mount", "debootstrap", "--variant=minbase", include, name, draft], {
      maxBuffer: 64 * 1024 * 1024,
    });
    const archives = join(draft, "var/cache/apt/archives");
    for (const file of await readdir(archives)) if (file.endsWith(".deb")) await rm(join(archives, file));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // A parallel run may have made it first.
    if (!existsSync(path)) throw new Error(lastLines(error), { cause: error });
  }
  const { stdout } = await run("du", ["-sm", path]);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  say(`made it in ${seconds} s, ${Number.parseInt(stdout, 10)} MB`);
}

/** debootstrap prints its errors last, on stdout. */
function lastLines(error: unknown): string {
  const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
  return `${stdout}\n${stderr}`.trim().split("\n").slice(-3).join("; ") || String(error);
}

import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { packFunctions } from "./firebase-tools.ts";
import { programs, stageProject } from "./staged-project.ts";

const run = promisify(execFile);
const installed = fileURLToPath(new URL("../../functions/", import.meta.url));

/** The Firebase CLI's upload, unpacked in a temporary folder. */
export interface Packed {
  readonly folder: string;
  /** Every file in it, sorted. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** Untracked files that a working folder may have. */
const litter = {
  ".env": "",
  ".env.another-project": "TRUSTED_PROXIES=2",
  ".env.local": "LOG_CALLER_DATA=true",
  ".secret.local": "PBX_KEYS=[]",
  "firebase-debug.log": "",
  "src/forgotten.test.ts": "",
  // `npm pack` creates this one, and leaves it behind when it is interrupted.
  "lib/index.d.ts": "",
  "README.md": "",
  LICENSE: "",
  "npm-shrinkwrap.json": "{}",
  "firestore.rules": "",
  "firestore.indexes.json": "{}",
};

/** Builds the functions in a copy of their folder with untracked files in it, and packs that as the CLI would. */
export async function packBuiltFunctions(): Promise<Packed> {
  const project = await stageProject();
  const folder = join(project.folder, "unpacked");
  await run(join(programs, "tsc"), ["-p", "."], { cwd: project.functions });
  for (const [name, text] of Object.entries(litter)) await writeFile(join(project.functions, name), text);
  const { functions } = JSON.parse(await readFile(join(project.folder, "firebase.json"), "utf8"));
  const archive = await packFunctions(project.folder, project.functions, functions[0]);
  await mkdir(folder);
  await run("tar", ["-xzf", archive, "-C", folder]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return {
    folder,
    files: files.map((file) => file.slice(folder.length + 1)).toSorted(),
    remove: () => project.remove(),
  };
}

/** Copies only the installed packages that the lock file names for production. */
export async function installDependencies(folder: string): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8"));
  for (const [path, entry] of Object.entries<{ dev?: boolean }>(packages)) {
    if (entry.dev === true || !/^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path)) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(installed, path), join(folder, path));
  }
}

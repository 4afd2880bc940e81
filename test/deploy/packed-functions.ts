import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { packFunctions } from "./firebase-tools.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the Firebase CLI would upload, unpacked somewhere else. */
export interface Packed {
  readonly folder: string;
  /** Every file in it, in order. */
  readonly files: readonly string[];
  /** Removes it. */
  remove(): Promise<void>;
}

/** What lies about in a folder that people work in, besides what git has. */
const litter = {
  ".env.another-project": "TRUSTED_PROXIES=2",
  ".env.local": "LOG_CALLER_DATA=true",
  ".secret.local": "PBX_KEYS=[]",
  "firebase-debug.log": "",
  "node_modules/zod/index.js": "",
  "src/forgotten.test.ts": "",
};

/** Builds the functions into a copy of their folder, with litter in it, and packs that as the CLI would. */
export async function packBuiltFunctions(): Promise<Packed> {
  const project = await mkdtemp(join(tmpdir(), "pbx-push-deploy-"));
  const source = join(project, "functions");
  const folder = join(project, "unpacked");
  await cp(join(root, "functions"), source, {
    recursive: true,
    filter: (path) => !/functions\/(?:lib|node_modules)$/.test(path),
  });
  await run(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", "functions", "--outDir", join(source, "lib")],
    { cwd: root },
  );
  for (const [name, text] of Object.entries(litter)) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), text);
  }
  const { functions } = JSON.parse(await readFile(join(root, "firebase.json"), "utf8"));
  await mkdir(folder);
  await run("tar", ["-xzf", await packFunctions(project, source, functions[0]), "-C", folder]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return {
    folder,
    files: files.map((file) => file.slice(folder.length + 1)).toSorted(),
    remove: () => rm(project, { recursive: true }),
  };
}

/** Puts what the lock file names for production into the folder, from where it is installed, and nothing else. */
export async function installDependencies(folder: string): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8"));
  for (const [path, entry] of Object.entries<{ dev?: boolean }>(packages)) {
    if (entry.dev === true || !/^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path)) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(root, "functions", path), join(folder, path));
  }
}

/** Loads the functions as the Firebase CLI does before it deploys them, and returns what it learns of them. */
export async function loadManifest(folder: string): Promise<any> {
  const output = join(folder, "..", "manifest.json");
  const command = join(folder, "node_modules/firebase-functions/lib/bin/firebase-functions.js");
  const environment = { PATH: process.env["PATH"], FUNCTIONS_MANIFEST_OUTPUT_PATH: output, GCLOUD_PROJECT: "any" };
  await run(process.execPath, [command, folder], { cwd: folder, env: environment });
  return JSON.parse(await readFile(output, "utf8"));
}

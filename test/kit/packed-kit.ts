import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { programs, stageProject } from "../deploy/staged-project.ts";
import { outsideEnvironment } from "../support/outside-environment.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

// npm tells its scripts where the repository is; commands outside the repository must not know.

/** The functions as `npm pack` packs them. */
export interface PackedKit {
  readonly tarball: string;
  readonly packageJson: { readonly name: string; readonly version: string; readonly scripts: Record<string, string> };
  /** What is left in the package's own folder. */
  readonly left: string;
  remove(): Promise<void>;
}

/** Packs a copy of the functions' folder, so that other work in the real folder keeps its build. */
export async function packKit(): Promise<PackedKit> {
  const staged = await stageProject();
  const { folder, functions } = staged;
  for (const name of ["LICENSE", "functions/README.md"]) await cp(join(root, name), join(folder, name));
  const env = { ...outsideEnvironment, PATH: `${programs}:${process.env["PATH"] ?? ""}` };
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: functions, env });
  const tarball = join(folder, stdout.trim());
  const { stdout: text } = await run("tar", ["-xzOf", tarball, "package/package.json"]);
  const { stdout: left } = await run("ls", ["-A", functions]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  return { tarball, packageJson: JSON.parse(text) as PackedKit["packageJson"], left, remove: () => staged.remove() };
}

/** An empty Firebase project outside the repository. */
export interface OutsideProject {
  readonly folder: string;
  /** The content of `firebase.json`. */
  readConfig(): Promise<any>;
  /** Adds to `firebase.json`. */
  configure(more: object): Promise<void>;
  /** Runs the Firebase CLI there with a login; resolves with its output. Rejects when it fails. */
  firebase(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string>;
  remove(): Promise<void>;
}

/** The environment of the Firebase CLI: no account, and npm prefers its cache. */
export const cliEnvironment = {
  ...outsideEnvironment,
  FIREBASE_TOKEN: "any",
  FIREBASE_CLI_EXPERIMENTS: "kits",
  METADATA_SERVER_DETECTION: "none",
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
};

/** Makes a folder with an empty `firebase.json`. */
export async function createProject(): Promise<OutsideProject> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-kit-"));
  const file = join(folder, "firebase.json");
  const readConfig = async (): Promise<any> => JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, "{}");
  return {
    folder,
    readConfig,
    configure: async (more) => writeFile(file, JSON.stringify({ ...(await readConfig()), ...more })),
    firebase: async (args, environment = {}) => {
      const env = { ...cliEnvironment, ...environment };
      const { stdout, stderr } = await run(join(programs, "firebase"), [...args], { cwd: folder, env });
      return stdout + stderr;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { outsideEnvironment } from "../support/outside-environment.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** A folder outside the repository that has only a package of it. */
export interface OutsideFolder {
  readonly folder: string;
  /** Writes a file into the folder. */
  write(name: string, text: string): Promise<void>;
  /**
   * Runs a command there, with the folder's own programs first on the path; resolves with its output. Rejects when it fails.
   */
  run(command: string, ...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Packs a package of `packages/`, and installs the tarball, with others from npm, in an empty folder outside the repository.
 */
export async function installOutside(name: string, others: readonly string[] = []): Promise<OutsideFolder> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  return openOutside(name, [`./${name}-${version}.tgz`, ...others], async (folder, env) => {
    await run("npm", ["pack", "--silent", "--workspace", name, "--pack-destination", folder], { cwd: root, env });
  });
}

/** Installs packages in an empty folder outside the repository; `fill` first writes the files to install from. */
export async function openOutside(
  name: string,
  packages: readonly string[],
  fill?: (folder: string, env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<OutsideFolder> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const env = { ...outsideEnvironment, PATH: `${join(folder, "node_modules/.bin")}:${process.env["PATH"] ?? ""}` };
  const runThere = async (command: string, ...args: readonly string[]) => {
    const { stdout, stderr } = await run(command, args, { cwd: folder, env });
    return stdout + stderr;
  };
  await fill?.(folder, env);
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await runThere("npm", "install", "--no-audit", "--no-fund", "--silent", ...packages);
  return {
    folder,
    write: (file, text) => writeFile(join(folder, file), text),
    run: runThere,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The code examples of a package's README in a language, in order. */
export async function readExamples(name: string, language: string): Promise<readonly string[]> {
  const page = await readFile(join(root, "packages", name, "README.md"), "utf8");
  return [...page.matchAll(/^```(\w+)\n([^]*?)^```/gm)]
    .filter(([, lang]) => lang === language)
    .map(([, , text]) => text!);
}

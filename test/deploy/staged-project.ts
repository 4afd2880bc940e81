import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The folders with the programs that npm scripts find on their path. */
export const programs = join(root, "node_modules/.bin");

/** A copy of the deployed files, for a test to build and break. */
export interface StagedProject {
  readonly folder: string;
  /** Its functions folder. */
  readonly functions: string;
  remove(): Promise<void>;
}

/** Copies the deployed files without build output; links the installed packages. */
export async function stageProject(): Promise<StagedProject> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-deploy-"));
  const functions = join(folder, "functions");
  for (const name of ["firebase.json", "firestore.rules", "firestore.indexes.json", "tsconfig.json"]) {
    await cp(join(root, name), join(folder, name));
  }
  await mkdir(functions);
  for (const name of [".npmrc", "package.json", "package-lock.json", "tsconfig.json", "src"]) {
    await cp(join(root, "functions", name), join(functions, name), { recursive: true });
  }
  // What compiling needs, without programs: npm would put them before a test's stand-ins on the path.
  await mkdir(join(folder, "node_modules"));
  await symlink(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
  await symlink(join(root, "functions/node_modules"), join(functions, "node_modules"));
  return { folder, functions, remove: () => rm(folder, { recursive: true }) };
}

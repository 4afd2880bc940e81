import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where the programs are that npm scripts find on their path. */
export const programs = join(root, "node_modules/.bin");

/** A copy of what is deployed, to be built and spoilt. */
export interface StagedProject {
  readonly folder: string;
  /** Its functions. */
  readonly functions: string;
  remove(): Promise<void>;
}

/** Copies what is deployed somewhere else, without what has been built; the packages are the installed ones. */
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
  // What compiling needs, and no program: npm would put them all before those of a test.
  await mkdir(join(folder, "node_modules"));
  await symlink(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
  await symlink(join(root, "functions/node_modules"), join(functions, "node_modules"));
  return { folder, functions, remove: () => rm(folder, { recursive: true }) };
}

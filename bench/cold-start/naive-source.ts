import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A folder that functions are loaded from. */
export interface Source {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Puts the naive service beside the very packages that ours has. */
export async function stageNaive(): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), "pbx-push-naive-"));
  await cp(fileURLToPath(new URL("naive", import.meta.url)), folder, { recursive: true });
  await symlink(fileURLToPath(new URL("../../functions/node_modules", import.meta.url)), join(folder, "node_modules"));
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A folder that functions are loaded from. */
export interface Source {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Copies a peer's functions to a folder with the same packages as ours. */
export async function stagePeer(name: "naive" | "least"): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), `pbx-push-${name}-`));
  await cp(fileURLToPath(new URL(name, import.meta.url)), folder, { recursive: true });
  await symlink(fileURLToPath(new URL("../../functions/node_modules", import.meta.url)), join(folder, "node_modules"));
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

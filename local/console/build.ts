import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Folder of the built console. */
export const builtFolder = join(root, "console", "dist");

/** Builds the console as a deployment does. Rejects with vite's output on an error. */
export async function buildConsole(): Promise<void> {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  try {
    await promisify(execFile)(process.execPath, [vite, "build", join(root, "console")], { cwd: root });
  } catch (error) {
    if (error instanceof Error && "stderr" in error) {
      throw new Error(`The console cannot be built:\n${String(error.stderr)}`, { cause: error });
    }
    throw error;
  }
}

import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Folder of the page's built modules. */
export const builtFolder = join(root, ".stack", "phone");

/** Compiles the page. Rejects with the compiler's output on an error. */
export async function buildPhonePage(): Promise<void> {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [compiler, "-p", join(root, "local/phone/page")]);
  } catch (error) {
    if (error instanceof Error && "stdout" in error) {
      throw new Error(`The phone page does not compile:\n${String(error.stdout)}`, { cause: error });
    }
    throw error;
  }
}

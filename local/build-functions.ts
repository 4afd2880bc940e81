import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Builds `functions/lib`, the code that the cloud runs; rejects with the compiler's output if it does not compile. */
export async function buildFunctions(): Promise<void> {
  await promisify(execFile)("npm", ["run", "--silent", "build"], { cwd: root });
}

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** The part used here of the manifest that the Firebase CLI reads before it deploys functions. */
export interface Manifest {
  readonly params: readonly ManifestParam[];
  readonly requiredAPIs: readonly { readonly api: string }[];
  readonly endpoints: Readonly<Record<string, object>>;
}

/** A setting that the functions declare. */
interface ManifestParam {
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly default?: string | number | boolean;
}

/** Loads the built functions of a folder as the Firebase CLI does; rejects with their error output if they do not load. */
export async function loadManifest(folder: string): Promise<Manifest> {
  const temporary = await mkdtemp(join(tmpdir(), "pbx-push-manifest-"));
  const output = join(temporary, "manifest.json");
  const command = join(folder, "node_modules/firebase-functions/lib/bin/firebase-functions.js");
  // No variables of this shell: the functions must load without them.
  const env = { PATH: process.env["PATH"], FUNCTIONS_MANIFEST_OUTPUT_PATH: output, GCLOUD_PROJECT: "any-project" };
  try {
    await promisify(execFile)(process.execPath, [command, folder], { cwd: folder, env });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by firebase-functions
    return JSON.parse(await readFile(output, "utf8")) as Manifest;
  } catch (cause) {
    const written = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : "";
    const line = written.split("\n").find((text) => text.trim() !== "") ?? String(cause);
    throw new Error(`The built functions do not load: ${line}`, { cause });
  } finally {
    await rm(temporary, { recursive: true });
  }
}

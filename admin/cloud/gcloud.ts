import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs gcloud and returns its output; rejects with gcloud's error message. */
export async function gcloud(args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("gcloud", [...args], { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (cause) {
    throw new Error(describe(cause), { cause });
  }
}

/** Runs a gcloud command that prints JSON. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names the fields of gcloud's answer that are used
export async function gcloudJson<Answer>(args: readonly string[]): Promise<Answer> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as gcloud documents it
  return JSON.parse(await gcloud(args)) as Answer;
}

/** Whether a `describe` command finds its resource; rejects on any other error. */
export async function resourceExists(args: readonly string[]): Promise<boolean> {
  try {
    await gcloud(args);
    return true;
  } catch (error) {
    if (error instanceof Error && /NOT_FOUND|does not exist|not found/i.test(error.message)) return false;
    throw error;
  }
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if ("code" in cause && cause.code === "ENOENT") {
    return "gcloud cannot be started: install it from https://cloud.google.com/sdk/docs/install";
  }
  const said = "stderr" in cause ? String(cause.stderr).trim().replaceAll(/\s+/g, " ") : "";
  return said === "" ? cause.message : said;
}

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

/** The settings a project's functions are deployed with, as far as this checkout knows them; those of the shell come first. */
export function readSettings(projectId: string): NodeJS.ProcessEnv {
  return { ...readSettingFiles(projectId), ...process.env, GCLOUD_PROJECT: projectId };
}

/** What the files of this checkout say of a project's settings. */
export function readSettingFiles(projectId: string): NodeJS.ProcessEnv {
  // https://firebase.google.com/docs/functions/config-env
  const files = ["../functions/.env", `../functions/.env.${projectId}`];
  const paths = files.map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const deployed = paths.filter((path) => existsSync(path)).map((path) => parseEnv(readFileSync(path, "utf8")));
  return Object.fromEntries(deployed.flatMap((file) => Object.entries(file)));
}

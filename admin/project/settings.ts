import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

/** The settings a project's functions are deployed with, as far as this checkout knows them; those of the shell come first. */
export function readSettings(projectId: string): NodeJS.ProcessEnv {
  return { ...readSettingsFiles(projectId), ...process.env, GCLOUD_PROJECT: projectId };
}

const functionsFolder = fileURLToPath(new URL("../../functions", import.meta.url));

/** What the Firebase CLI reads from the files in the functions' folder when it deploys to a project. */
export function readSettingsFiles(projectId: string, folder = functionsFolder): Readonly<Record<string, string>> {
  // https://firebase.google.com/docs/functions/config-env
  const paths = [".env", `.env.${projectId}`].map((file) => join(folder, file));
  const deployed = paths.filter((path) => existsSync(path)).map((path) => parseEnv(readFileSync(path, "utf8")));
  const entries = deployed.flatMap((file) => Object.entries(file));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

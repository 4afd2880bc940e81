import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { WrongUsage } from "../command/errors.ts";

/** The settings a project's functions are deployed with, as far as this checkout knows them; those of the shell come first. */
export function readSettings(projectId: string): NodeJS.ProcessEnv {
  return { ...readSettingsFiles(projectId), ...process.env, GCLOUD_PROJECT: projectId };
}

const functionsFolder = fileURLToPath(new URL("../../functions", import.meta.url));

/** The folder of the settings: this checkout's, or that of a function kit's instance, which the shell names in `PBX_PUSH_KIT`. */
function settingsFolder(): string {
  return process.env["PBX_PUSH_KIT"] ?? functionsFolder;
}

/** The file with the settings of a project, as an operator would name it. */
export function settingsFile(projectId: string): string {
  return join(process.env["PBX_PUSH_KIT"] ?? "functions", `.env.${projectId}`);
}

/** The instance of the function kit that commands are for; `undefined` when they are for what this checkout deploys. */
export function kitInstance(): string | undefined {
  const folder = process.env["PBX_PUSH_KIT"];
  if (folder === undefined) return undefined;
  const instance = /^config-(.+)$/.exec(basename(folder))?.[1];
  if (instance !== undefined && existsSync(folder)) return instance;
  throw new WrongUsage(`PBX_PUSH_KIT has to be the folder function-kits/<kit>/config-<instance>, not ${folder}`);
}

/** What the Firebase CLI reads from the files in a folder of settings when it deploys to a project. */
export function readSettingsFiles(projectId: string, folder = settingsFolder()): Readonly<Record<string, string>> {
  // https://firebase.google.com/docs/functions/config-env
  const paths = [".env", `.env.${projectId}`].map((file) => join(folder, file));
  const deployed = paths.filter((path) => existsSync(path)).map((path) => parseEnv(readFileSync(path, "utf8")));
  const entries = deployed.flatMap((file) => Object.entries(file));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { WrongUsage } from "../command/errors.ts";

/** The settings that this checkout deploys to a project; variables of the shell override them. */
export function readSettings(projectId: string): NodeJS.ProcessEnv {
  return { ...readSettingsFiles(projectId), ...process.env, GCLOUD_PROJECT: projectId };
}

const functionsFolder = fileURLToPath(new URL("../../functions", import.meta.url));

/** The folder of the settings files: this checkout's, or the folder of a function kit's instance in `PBX_PUSH_KIT`. */
function settingsFolder(): string {
  return process.env["PBX_PUSH_KIT"] ?? functionsFolder;
}

/** Path of a project's settings file, for messages. */
export function settingsFile(projectId: string): string {
  return join(process.env["PBX_PUSH_KIT"] ?? "functions", `.env.${projectId}`);
}

/** The function kit's instance that commands are for; `undefined` for the deployment of this checkout. */
export function kitInstance(): string | undefined {
  const folder = process.env["PBX_PUSH_KIT"];
  if (folder === undefined) return undefined;
  const instance = /^config-(.+)$/.exec(basename(folder))?.[1];
  if (instance !== undefined && existsSync(folder)) return instance;
  throw new WrongUsage(`PBX_PUSH_KIT must be the folder function-kits/<kit>/config-<instance>, not ${folder}`);
}

/** The settings that the Firebase CLI reads from a folder when it deploys to a project. */
export function readSettingsFiles(projectId: string, folder = settingsFolder()): Readonly<Record<string, string>> {
  // https://firebase.google.com/docs/functions/config-env
  const paths = [".env", `.env.${projectId}`].map((file) => join(folder, file));
  const deployed = paths.filter((path) => existsSync(path)).map((path) => parseEnv(readFileSync(path, "utf8")));
  const entries = deployed.flatMap((file) => Object.entries(file));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findBadSettings as findBadValues } from "../../functions/src/config.ts";
import type { GoogleApi } from "../cloud/google-api.ts";
import { readSecretState, setSecretCommand } from "../cloud/secret-manager.ts";
import { readSettingsFiles } from "../project/settings.ts";
import type { Manifest } from "./load-manifest.ts";

/** The source and the target of a deployment. */
export interface Deployment {
  /** The folder of `firebase.json`. */
  readonly root: string;
  readonly projectId: string;
}

/** Errors found before the build, as messages for the operator. */
export function findObstacles(root: string): readonly string[] {
  const kit = process.env["PBX_PUSH_KIT"];
  if (kit !== undefined) return [`PBX_PUSH_KIT is set (${kit}): deploy the kit from its own project's folder`];
  const missing = ["firebase.json", "firestore.rules", "firestore.indexes.json", "functions/package.json"].filter(
    (name) => !existsSync(join(root, name)),
  );
  if (missing.length > 0) return [`${missing.join(", ")} not found: run this in the folder of firebase.json`];
  const { engines } = readJson<{ engines: { node: string } }>(join(root, "functions/package.json"));
  const [running = ""] = process.versions.node.split(".");
  if (running === engines.node) return [];
  return [`The functions need Node ${engines.node}, this is Node ${running}: run npm install, then npm run deploy`];
}

/** Errors in the settings to deploy. For a missing setting, the Firebase CLI would ask, or fail without a terminal. */
export function findBadSettings({ root, projectId }: Deployment, { params }: Manifest): readonly string[] {
  const file = `functions/.env.${projectId}`;
  const settings = readSettingsFiles(projectId, join(root, "functions"));
  const faults: string[] = [];
  const [secrets, plain] = [params.filter(isSecret), params.filter((param) => !isSecret(param))];
  const missing = plain.filter(({ name }) => settings[name] === undefined);
  if (missing.length > 0) {
    const lines = missing.map(({ name, default: value = "" }) => `    ${name}=${JSON.stringify(value)}`);
    faults.push(`${file} lacks these settings, here with their defaults:\n${lines.join("\n")}`);
  }
  for (const { name } of secrets.filter((secret) => settings[secret.name] !== undefined)) {
    const fix = `delete it here, then ${setSecretCommand(name, projectId)}`;
    faults.push(`${file}: ${name} is a secret, and this file would be deployed as plain text: ${fix}`);
  }
  // A misspelt name, an emulator's address or a plain-text secret must not be deployed.
  const unknown = Object.keys(settings).filter((name) => !params.some((param) => param.name === name));
  if (unknown.length > 0) faults.push(`${file} has unknown settings: ${unknown.join(", ")}`);
  const bad = findBadValues({ ...settings, GCLOUD_PROJECT: projectId });
  return [...faults, ...bad.map(({ name, message }) => `${file}: ${name}: ${message}`)];
}

/** A secret that has no value to deploy: the Firebase CLI would ask for one, or fail without a terminal. */
export async function findMissingSecrets(
  google: GoogleApi,
  { projectId }: Pick<Deployment, "projectId">,
  { params }: Manifest,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { name, description = "" } of params.filter(isSecret)) {
    const state = await readSecretState(google, projectId, { secret: name });
    if (state === "ENABLED") continue;
    const found = state === undefined ? "has no value" : `has a latest version that is ${state}`;
    const set = setSecretCommand(name, projectId);
    faults.push(
      `the secret ${name} ${found} in ${projectId}: ${set}\n    ${description}: echo none | ${set} --data-file -`,
    );
  }
  return faults;
}

function isSecret({ type }: Manifest["params"][number]): boolean {
  return type === "secret";
}

/** A warning if no commit holds exactly what is deployed; undefined if one does. */
export async function findUncommitted(root: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("git", ["status", "--porcelain", "--", "."], { cwd: root });
    return stdout === "" ? undefined : `uncommitted changes:\n${stdout.trimEnd()}`;
  } catch {
    return "not a git checkout";
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names the fields that are read
function readJson<Content>(path: string): Content {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}

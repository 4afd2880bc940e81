import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findBadSettings as findBadValues } from "../../functions/src/config.ts";
import { readSettingsFiles } from "../project/settings.ts";
import type { Manifest } from "./load-manifest.ts";

/** What is to be deployed and where to. */
export interface Deployment {
  /** The folder of `firebase.json`. */
  readonly root: string;
  readonly projectId: string;
}

/** What stands in the way before anything is built, in words for the operator. */
export function findObstacles(root: string): readonly string[] {
  const kit = process.env["PBX_PUSH_KIT"];
  if (kit !== undefined) return [`PBX_PUSH_KIT is set (${kit}): deploy the kit from its own project's folder`];
  const missing = ["firebase.json", "firestore.rules", "firestore.indexes.json", "functions/package.json"].filter(
    (name) => !existsSync(join(root, name)),
  );
  if (missing.length > 0) return [`${missing.join(", ")} not found: call it from where firebase.json is`];
  const { engines } = readJson<{ engines: { node: string } }>(join(root, "functions/package.json"));
  const [running = ""] = process.versions.node.split(".");
  if (running === engines.node) return [];
  return [`Node ${engines.node} runs the functions, this is ${running}: use npm run deploy after npm install`];
}

/** What is wrong with the settings that would be deployed: the Firebase CLI asks for what is missing, or fails where nobody can answer. */
export function findBadSettings({ root, projectId }: Deployment, { params }: Manifest): readonly string[] {
  const file = `functions/.env.${projectId}`;
  const settings = readSettingsFiles(projectId, join(root, "functions"));
  const declared = params.filter(({ type }) => type !== "secret");
  const faults: string[] = [];
  const missing = declared.filter(({ name }) => settings[name] === undefined);
  if (missing.length > 0) {
    const lines = missing.map(({ name, default: value = "" }) => `    ${name}=${JSON.stringify(value)}`);
    faults.push(`${file} lacks these settings; their defaults are\n${lines.join("\n")}`);
  }
  // A misspelt name, an emulator's address or a secret in plain text: none of them may be deployed.
  const strange = Object.keys(settings).filter((name) => !declared.some((param) => param.name === name));
  if (strange.length > 0) faults.push(`${file} sets what is no setting: ${strange.join(", ")}`);
  const bad = findBadValues({ ...settings, GCLOUD_PROJECT: projectId });
  return [...faults, ...bad.map(({ name, message }) => `${file}: ${name}: ${message}`)];
}

/** Why nobody could tell later what has been deployed; undefined when git has all of it. */
export async function findUncommitted(root: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("git", ["status", "--porcelain", "--", "."], { cwd: root });
    return stdout === "" ? undefined : `git does not have all of this yet:\n${stdout.trimEnd()}`;
  } catch {
    return "this is no git checkout";
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- says what this repository writes into the file
function readJson<Content>(path: string): Content {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}

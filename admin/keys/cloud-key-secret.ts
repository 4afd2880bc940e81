// https://firebase.google.com/docs/functions/config-env#secret_parameters
import { runFirebase, type FirebaseRun } from "../cloud/firebase-cli.ts";
import { deployedName } from "../project/deployed.ts";
import { secretName as ownName, type KeySecret } from "./key-secret.ts";

/** A cloud project's secret in Secret Manager, read and written with the Firebase CLI and its login. */
export function openCloudKeySecret(firebase: string, projectId: string): KeySecret {
  const secretName = deployedName(ownName);
  const run = async (command: readonly string[], input?: string) =>
    runFirebase(firebase, [...command, "--project", projectId, "--non-interactive"], input);
  const read = async (version?: string) => {
    const name = version === undefined ? secretName : `${secretName}@${version}`;
    const result = await run(["functions:secrets:access", name]);
    if (result.code === 0) return findSecret(result.stdout);
    if (/not found|has no versions|HTTP Error: 404/i.test(result.errorLine)) return undefined;
    throw new Error(`The Firebase CLI could not read ${secretName}: ${result.errorLine}`);
  };
  return {
    read,
    write: async (value) => {
      const result = await run(["functions:secrets:set", secretName, "--data-file", "-"], value);
      // After storing the version, the CLI looks for functions with the old one; it may fail there.
      if ((await read()) !== value) throw new Error(`${secretName} was not stored: ${explain(result)}`);
    },
  };
}

function explain({ code, errorLine }: FirebaseRun): string {
  return code === 0 ? "the Firebase CLI reported success, but another value is stored" : errorLine;
}

/** The CLI prints its warnings before the secret, on the same stream. */
function findSecret(stdout: string): string {
  const lines = stdout.trim().split("\n");
  const start = lines.findIndex((_, index) => isJson(lines.slice(index).join("\n")));
  return (start < 0 ? lines : lines.slice(start)).join("\n");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

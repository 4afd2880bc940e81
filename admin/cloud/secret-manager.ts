// https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions
import { z } from "zod";
import type { GoogleApi } from "./google-api.ts";

/** One version of a secret; the latest one if it is not named. */
export interface SecretVersion {
  readonly secret: string;
  readonly version?: string;
}

const metadata = z.object({ name: z.string(), state: z.string() });
const access = z.object({ payload: z.object({ data: z.base64() }) });

/** The state of a version, such as `ENABLED`; undefined if there is none. */
export async function readSecretState(
  google: GoogleApi,
  projectId: string,
  version: SecretVersion,
): Promise<string | undefined> {
  return (await google.get("secretmanager", pathOf(projectId, version), metadata))?.state;
}

/** The number of the latest version; undefined if there is none. */
export async function findLatestVersion(
  google: GoogleApi,
  projectId: string,
  secret: string,
): Promise<string | undefined> {
  const found = await google.get("secretmanager", pathOf(projectId, { secret }), metadata);
  return found?.name.split("/").at(-1);
}

/** The text of a version; undefined if there is none. */
export async function readSecret(
  google: GoogleApi,
  projectId: string,
  version: SecretVersion,
): Promise<string | undefined> {
  const found = await google.get("secretmanager", `${pathOf(projectId, version)}:access`, access);
  return found === undefined ? undefined : Buffer.from(found.payload.data, "base64").toString();
}

function pathOf(projectId: string, { secret, version = "latest" }: SecretVersion): string {
  return `v1/projects/${projectId}/secrets/${secret}/versions/${version}`;
}

/** The command that gives a secret a new version. */
export function setSecretCommand(secret: string, projectId: string): string {
  return `npx firebase functions:secrets:set ${secret} --project ${projectId}`;
}

// https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get
import { z } from "zod";
import { parsePbxKeyEntries, type PbxKeyEntry } from "../../functions/src/keys/pbx-key.ts";
import { secretName } from "../keys/key-secret.ts";
import { digestOf, shortenDigest } from "../keys/pbx-keys.ts";
import { deployedName, logCommand, renewCommand } from "../project/deployed.ts";
import { listDeployed } from "./deployed-functions.ts";
import type { CheckContext } from "./check.ts";
import { fault, listSome, ok, warning, type Finding } from "./finding.ts";
import { requestPbx } from "./pbx-client.ts";

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const secretVersion = z.object({ name: z.string() });

/** Checks that the running service accepts the secret's keys: a deployment keeps the secret's version that it started with. */
export async function tryKeys(context: CheckContext): Promise<readonly Finding[]> {
  const { keys, google, keySecret } = context;
  const entries = parseOrNone(await keySecret.read());
  const shown = new Set(keys.map(digestOf));
  const tried = await Promise.all(keys.map((key) => tryKey(context, key, entries)));
  const others = entries.filter((entry) => !shown.has(lowerDigest(entry)));
  if (google === undefined) return [...tried, ...reportUntried(others)];
  const none = warning("no key was tried", "give the PBX's settings file: --key-file <file>");
  return [...(keys.length === 0 ? [none] : tried), ...(await compareVersions(context, entries, shown))];
}

/** An invalid secret counts as empty: the check `keys` reports it. */
function parseOrNone(secret: string | undefined): readonly PbxKeyEntry[] {
  try {
    return parsePbxKeyEntries(secret ?? "");
  } catch {
    return [];
  }
}

/** Requests an unknown call, so that the answer depends on the key alone. */
async function tryKey(context: CheckContext, key: string, entries: readonly PbxKeyEntry[]): Promise<Finding> {
  const { pbxUrl, projectId } = context;
  const { status, body } = await requestPbx(`${pbxUrl}/calls/doctor`, { key });
  const digest = digestOf(key);
  const entry = entries.find((one) => lowerDigest(one) === digest);
  const name = entry === undefined ? `the key ${shortenDigest(digest)}…` : nameKey(entry);
  if (status === 404 || status === 200) {
    if (entry !== undefined || entries.length === 0) return ok(`the running service takes ${name}`);
    return reportRevoked(name, context);
  }
  const refused = refusal.safeParse(body).data?.error;
  const seen = `the running service refuses ${name}: ${status} ${refused?.message ?? ""}`.trim();
  if (status === 401 && entry !== undefined) return reportUnknown(entry, context);
  if (status === 401) return fault(seen, "PBX_KEYS has no such key: npm run ops -- keys list, keys add <id>");
  if (status === 403)
    return fault(seen, "npm run ops -- keys list shows the key's restrictions; create a key with fewer: keys add <id>");
  return fault(seen, logCommand(projectId, "pbx"));
}

/** For keys that were not tried, compares the deployed version of the secret with the latest one. */
async function compareVersions(
  context: CheckContext,
  entries: readonly PbxKeyEntry[],
  shown: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const { google, projectId, keySecret } = context;
  const { serviceConfig } = (await listDeployed(context)).get(deployedName("pbx")) ?? {};
  const used = serviceConfig?.secretEnvironmentVariables.find(({ key }) => key === secretName)?.version;
  const path = `v1/projects/${projectId}/secrets/${deployedName(secretName)}/versions/latest`;
  const latest = (await google?.get("secretmanager", path, secretVersion))?.name.split("/").at(-1);
  if (used === undefined || latest === undefined || used === latest || used === "latest") return [];
  const secret = await keySecret.read(used);
  const running = secret === undefined ? entries : parseOrNone(secret);
  const added = without(entries, running);
  const revoked = without(running, entries);
  if (added.length === 0 && revoked.length === 0) {
    const seen = `pbx runs with version ${used} of ${secretName}, and ${latest} is the latest`;
    return [warning(seen, deployTo("make it work", context))];
  }
  const isUntried = (entry: PbxKeyEntry) => !shown.has(lowerDigest(entry));
  return [
    ...added.filter(isUntried).map((entry) => reportUnknown(entry, context)),
    ...revoked.filter(isUntried).map((entry) => reportRevoked(nameKey(entry), context)),
  ];
}

function without(entries: readonly PbxKeyEntry[], others: readonly PbxKeyEntry[]): readonly PbxKeyEntry[] {
  const digests = new Set(others.map(lowerDigest));
  return entries.filter((entry) => !digests.has(lowerDigest(entry)));
}

/** The local stack reads its secret at its start; the doctor cannot see which one it read. */
function reportUntried(entries: readonly PbxKeyEntry[]): readonly Finding[] {
  if (entries.length === 0) return [];
  const seen = `not tried with the running service: ${listSome(entries.map(nameKey))}`;
  const todo = "--key-file <its settings file> tries it; a stack that was started before keys add does not know it";
  return [warning(seen, todo)];
}

function reportUnknown(entry: PbxKeyEntry, context: CheckContext): Finding {
  return fault(`the running service does not know ${nameKey(entry)} yet`, deployTo("make it work", context));
}

function reportRevoked(key: string, context: CheckContext): Finding {
  return fault(`the running service still takes ${key}, which was revoked`, deployTo("have it refused", context));
}

function deployTo(end: string, { google, projectId }: CheckContext): string {
  if (google === undefined) return `start the local stack again to ${end}: npm start`;
  return `deploy to ${end}: ${renewCommand(projectId)}`;
}

function nameKey({ id, sha256 }: PbxKeyEntry): string {
  return `the key of ${id} (${shortenDigest(sha256)}…)`;
}

function lowerDigest({ sha256 }: PbxKeyEntry): string {
  return sha256.toLowerCase();
}

// https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get
import { z } from "zod";
import { parsePbxKeyEntries, type PbxKeyEntry } from "../../functions/src/keys/pbx-key.ts";
import { secretName } from "../keys/key-secret.ts";
import { digestOf, shortenDigest } from "../keys/pbx-keys.ts";
import { deployedName, logCommand, renewCommand } from "../project/deployed.ts";
import { listDeployed } from "./deployed-functions.ts";
import type { Examined } from "./examined.ts";
import { fault, listSome, ok, warning, type Finding } from "./finding.ts";
import { requestPbx } from "./pbx-client.ts";

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const secretVersion = z.object({ name: z.string() });

/** Whether the running service takes the keys of the secret: a deployment keeps the secret that it was made with. */
export async function tryKeys(examined: Examined): Promise<readonly Finding[]> {
  const { keys, google, keySecret } = examined;
  const entries = parseOrNone(await keySecret.read());
  const shown = new Set(keys.map(digestOf));
  const tried = await Promise.all(keys.map((key) => tryKey(examined, key, entries)));
  const others = entries.filter((entry) => !shown.has(lowerDigest(entry)));
  if (google === undefined) return [...tried, ...tellUntried(others)];
  const none = warning("no key was tried", "give the PBX's settings file: --key-file <file>");
  return [...(keys.length === 0 ? [none] : tried), ...(await compareVersions(examined, entries, shown))];
}

/** What is wrong with a secret that cannot be read another check says. */
function parseOrNone(secret: string | undefined): readonly PbxKeyEntry[] {
  try {
    return parsePbxKeyEntries(secret ?? "");
  } catch {
    return [];
  }
}

/** A call that nobody has announced is asked for: the answer depends on the key alone. */
async function tryKey(examined: Examined, key: string, entries: readonly PbxKeyEntry[]): Promise<Finding> {
  const { pbxUrl, projectId } = examined;
  const { status, body } = await requestPbx(`${pbxUrl}/calls/doctor`, { key });
  const digest = digestOf(key);
  const entry = entries.find((one) => lowerDigest(one) === digest);
  const name = entry === undefined ? `the key ${shortenDigest(digest)}…` : nameKey(entry);
  if (status === 404 || status === 200) {
    if (entry !== undefined || entries.length === 0) return ok(`the running service takes ${name}`);
    return tellRevoked(name, examined);
  }
  const said = refusal.safeParse(body).data?.error;
  const seen = `the running service refuses ${name}: ${status} ${said?.message ?? ""}`.trim();
  if (status === 401 && entry !== undefined) return tellUnknown(entry, examined);
  if (status === 401) return fault(seen, "PBX_KEYS has no such key: npm run ops -- keys list, keys add <id>");
  if (status === 403)
    return fault(
      seen,
      "npm run ops -- keys list shows what the key is for; make one that reaches further: keys add <id>",
    );
  return fault(seen, logCommand(projectId, "pbx"));
}

/** Of keys that were not shown, what the version of the secret says that the function was deployed with. */
async function compareVersions(
  examined: Examined,
  entries: readonly PbxKeyEntry[],
  shown: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const { google, projectId, keySecret } = examined;
  const { serviceConfig } = (await listDeployed(examined)).get(deployedName("pbx")) ?? {};
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
    return [warning(seen, deployTo("make it work", examined))];
  }
  const isUntried = (entry: PbxKeyEntry) => !shown.has(lowerDigest(entry));
  return [
    ...added.filter(isUntried).map((entry) => tellUnknown(entry, examined)),
    ...revoked.filter(isUntried).map((entry) => tellRevoked(nameKey(entry), examined)),
  ];
}

function without(entries: readonly PbxKeyEntry[], others: readonly PbxKeyEntry[]): readonly PbxKeyEntry[] {
  const digests = new Set(others.map(lowerDigest));
  return entries.filter((entry) => !digests.has(lowerDigest(entry)));
}

/** The local stack reads its secret as it starts, and which one it has read nobody but its functions knows. */
function tellUntried(entries: readonly PbxKeyEntry[]): readonly Finding[] {
  if (entries.length === 0) return [];
  const seen = `not tried with the running service: ${listSome(entries.map(nameKey))}`;
  const todo = "--key-file <its settings file> tries it; a stack that was started before keys add does not know it";
  return [warning(seen, todo)];
}

function tellUnknown(entry: PbxKeyEntry, examined: Examined): Finding {
  return fault(`the running service does not know ${nameKey(entry)} yet`, deployTo("make it work", examined));
}

function tellRevoked(key: string, examined: Examined): Finding {
  return fault(`the running service still takes ${key}, which was revoked`, deployTo("have it refused", examined));
}

function deployTo(end: string, { google, projectId }: Examined): string {
  if (google === undefined) return `start the local stack again to ${end}: npm start`;
  return `deploy to ${end}: ${renewCommand(projectId)}`;
}

function nameKey({ id, sha256 }: PbxKeyEntry): string {
  return `the key of ${id} (${shortenDigest(sha256)}…)`;
}

function lowerDigest({ sha256 }: PbxKeyEntry): string {
  return sha256.toLowerCase();
}

import { z } from "zod";
import { digestOf, pbxKeysRef, shortenDigest } from "../../functions/src/keys/key-document.ts";
import { addKey, listKeys, stateOf, type StoredKey } from "../../functions/src/keys/manage-keys.ts";
import { logCommand } from "../project/deployed.ts";
import type { CheckContext } from "./check.ts";
import { nameKey } from "../../functions/src/doctor/check-keys.ts";
import { fault, ok, type Finding } from "../../functions/src/doctor/finding.ts";
import { requestPbx } from "./pbx-client.ts";

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const standing = z.object({ accepted: z.boolean() });

/** How long the doctor's own key works, should the doctor die before it removes it. */
const ownKeyMs = 24 * 60 * 60 * 1000;

/** Checks that the running service accepts the stored keys, and each key that was given. */
export async function tryKeys(context: CheckContext): Promise<readonly Finding[]> {
  const stored = await listKeys(context.services);
  const given = await Promise.all(context.keys.map((key) => tryKey(context, key, stored)));
  return [...(await askAboutKeys(context, stored)), ...given];
}

/** Asks with a key of its own: the service must know it at once, and says which others it accepts. */
async function askAboutKeys(context: CheckContext, stored: readonly StoredKey[]): Promise<readonly Finding[]> {
  const { services, pbxUrl, projectId } = context;
  const now = services.clock.now();
  const grant = { pbxId: "doctor", scopes: ["keys" as const], note: "the doctor's own, removed after its check" };
  const own = await addKey(services, grant, new Date(now + ownKeyMs));
  try {
    const findings: Finding[] = [];
    for (const key of stored) {
      const { status, body } = await requestPbx(`${pbxUrl}/keys/${key.sha256}`, { key: own.key });
      if (status === 401) return [reportStranger(context)];
      const answer = standing.safeParse(body);
      if (!answer.success) return [fault(`${pbxUrl}/keys answered ${status}`, logCommand(projectId, "pbx"))];
      findings.push(...compare(key, answer.data.accepted, stateOf(key, now) === "active"));
    }
    const accepted = stored.filter((key) => stateOf(key, now) === "active").length;
    return findings.length > 0 ? findings : [ok(`the running service accepts the keys that work: ${accepted}`)];
  } finally {
    await pbxKeysRef(services.db).doc(own.sha256).delete();
  }
}

function compare(key: StoredKey, isAccepted: boolean, isActive: boolean): readonly Finding[] {
  if (isAccepted === isActive) return [];
  const wait = "changes take a minute: run the doctor again; if it stays, the service reads another database";
  if (isActive) return [fault(`the running service refuses ${nameKey(key)}`, wait)];
  return [fault(`the running service still accepts ${nameKey(key)}, which no longer works`, wait)];
}

/** A new key is unknown to a service that reads another database, or that has its keys in a secret. */
function reportStranger({ projectId }: CheckContext): Finding {
  const seen = `the running service does not know a key that was just stored in ${projectId}`;
  return fault(seen, `deploy this version: npm run deploy -- --project ${projectId}`);
}

/** Requests an unknown call, so that the answer depends on the key alone. */
async function tryKey(context: CheckContext, key: string, stored: readonly StoredKey[]): Promise<Finding> {
  const { pbxUrl, projectId } = context;
  const { status, body } = await requestPbx(`${pbxUrl}/calls/doctor`, { key });
  const digest = digestOf(key);
  const known = stored.find(({ sha256 }) => sha256 === digest);
  const name = known === undefined ? `the key ${shortenDigest(digest)}…` : nameKey(known);
  if (status === 404 || status === 200) return ok(`the running service takes ${name}`);
  const refused = refusal.safeParse(body).data?.error;
  const seen = `the running service refuses ${name}: ${status} ${refused?.message ?? ""}`.trim();
  if (status === 401) return fault(seen, "npm run ops -- keys list shows the keys that work; make one: keys add <pbx>");
  if (status === 403)
    return fault(seen, "npm run ops -- keys list shows the key's restrictions; make a key with fewer: keys add <pbx>");
  return fault(seen, logCommand(projectId, "pbx"));
}

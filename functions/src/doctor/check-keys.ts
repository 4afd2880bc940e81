import { shortenDigest } from "../keys/key-document.ts";
import { listKeys, stateOf, type StoredKey } from "../keys/manage-keys.ts";
import type { Services } from "../services.ts";
import { fault, ok, warning, type Finding } from "./finding.ts";

const weekMs = 7 * 24 * 60 * 60 * 1000;

/** Checks that the stored keys are usable, and that one works. */
export async function checkKeys(services: Services): Promise<readonly Finding[]> {
  const keys = await listKeys(services);
  const now = services.clock.now();
  const active = keys.filter((key) => stateOf(key, now) === "active");
  const unusable = keys.flatMap((key) => {
    if (key.unusable === undefined) return [];
    return [fault(`${nameKey(key)} is refused: ${key.unusable}`, "correct its document in pbxKeys, or keys revoke")];
  });
  const add = `npm run ops -- keys add <pbx> --project ${services.config.projectId}`;
  if (active.length === 0) return [...unusable, fault("no key works: every PBX is refused", add)];
  const count = ok(active.length === 1 ? "1 key works" : `${active.length} keys work`);
  return [...unusable, ...active.flatMap((key) => checkKey(key, services)), count];
}

function checkKey(key: StoredKey, { clock, config }: Services): readonly Finding[] {
  const { expiresAt, ips } = key.document ?? {};
  const findings: Finding[] = [];
  if (expiresAt !== undefined && expiresAt.toMillis() - clock.now() < weekMs) {
    const seen = `${nameKey(key)} expires at ${expiresAt.toDate().toISOString()}`;
    findings.push(warning(seen, `npm run ops -- keys rotate ${key.pbxId}, and a new key in the PBX's settings`));
  }
  if (ips !== undefined && config.trustedProxies > 1 && !config.ingressClosed) {
    const seen = `${nameKey(key)} is refused: it has ips, and TRUSTED_PROXIES is ${config.trustedProxies}`;
    findings.push(fault(seen, "close the function's ingress and set INGRESS_CLOSED, or make a key without ips"));
  }
  return findings;
}

/** How a finding names a key. */
export function nameKey({ pbxId, sha256 }: Pick<StoredKey, "pbxId" | "sha256">): string {
  return `the key of ${pbxId} (${shortenDigest(sha256)}…)`;
}

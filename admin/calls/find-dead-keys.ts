import { listKeys, type StoredKey } from "../../functions/src/keys/manage-keys.ts";
import type { KeyThen } from "../../functions/src/rings/verdict/silence-rows.ts";
import type { Services } from "../../functions/src/services.ts";

/** The keys of PBXs of which no key worked at a time: those that ended last. */
export async function findDeadKeys(services: Services, time: number, pbxId?: string): Promise<readonly KeyThen[]> {
  const byPbx = Map.groupBy(await listKeys(services, pbxId), (key) => key.pbxId);
  return [...byPbx.values()].flatMap((keys) => {
    const states = keys.map((key) => describe(key, time));
    if (states.includes(undefined)) return [];
    return states
      .filter((state) => state !== undefined)
      .toSorted((one, other) => (other.since ?? 0) - (one.since ?? 0))
      .slice(0, 1);
  });
}

/** Why a key did not work at a time; `undefined` if it did. */
function describe({ pbxId, document }: StoredKey, time: number): KeyThen | undefined {
  if (document === undefined) return { pbxId, state: "refused" };
  const revokedAt = document.revokedAt?.toMillis() ?? Infinity;
  if (revokedAt <= time) return { pbxId, state: "revoked", since: revokedAt };
  const expiresAt = document.expiresAt?.toMillis() ?? Infinity;
  return expiresAt <= time ? { pbxId, state: "expired", since: expiresAt } : undefined;
}

import { listKeys, type StoredKey } from "../keys/manage-keys.ts";
import type { Services } from "../services.ts";
import type { KeyThen } from "./verdict/silence-rows.ts";

/** What is known of the keys of PBXs at a time. */
export interface KeysThen {
  /** Of each PBX of which no key worked: the one that ended last. */
  readonly dead: readonly KeyThen[];
  /** Whether a key of some PBX worked. */
  readonly hasWorking: boolean;
}

/** Finds the PBXs of which no key worked at a time; of one PBX, if it is named. */
export async function findKeysAt(services: Services, time: number, pbxId?: string): Promise<KeysThen> {
  const byPbx = [...Map.groupBy(await listKeys(services, pbxId), (key) => key.pbxId).values()];
  const states = byPbx.map((keys) => keys.map((key) => describe(key, time)));
  const dead = states.flatMap((all) => {
    if (all.includes(undefined)) return [];
    return all
      .filter((state) => state !== undefined)
      .toSorted((one, other) => (other.since ?? 0) - (one.since ?? 0))
      .slice(0, 1);
  });
  return { dead, hasWorking: dead.length < states.length };
}

/** Why a key did not work at a time; `undefined` if it did. */
function describe({ pbxId, document }: StoredKey, time: number): KeyThen | undefined {
  if (document === undefined) return { pbxId, state: "refused" };
  const revokedAt = document.revokedAt?.toMillis() ?? Infinity;
  if (revokedAt <= time) return { pbxId, state: "revoked", since: revokedAt };
  const expiresAt = document.expiresAt?.toMillis() ?? Infinity;
  return expiresAt <= time ? { pbxId, state: "expired", since: expiresAt } : undefined;
}

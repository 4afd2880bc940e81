import type { KeyDocument } from "../keys/key-document.ts";
import { listKeys, type StoredKey } from "../keys/manage-keys.ts";
import { matchesPattern } from "../exten-pattern.ts";
import { listSpellings } from "../lines/similar-lines.ts";
import type { Services } from "../services.ts";
import type { KeyThen } from "./verdict/missing-rows.ts";

/** What is known of the keys of PBXs at a time. */
export interface KeysThen {
  /** Of each PBX of which no key worked, the key that ended last; that which ended last of all is the first. */
  readonly dead: readonly KeyThen[];
  /** Whether a key of some PBX worked. */
  readonly hasWorking: boolean;
}

/** Which call should have rung. */
export interface CallThen {
  /** In milliseconds since the epoch. */
  readonly time: number;
  readonly pbxId?: string | undefined;
  readonly exten?: string | undefined;
}

/** Finds the PBXs of which no key worked for a call; of one PBX, if it is named. */
export async function findKeysAt(services: Services, { time, pbxId, exten }: CallThen): Promise<KeysThen> {
  const keys = await listKeys(services, pbxId);
  // A key that replaced the one that had ended does not tell that the call was allowed.
  const made = keys.filter(({ document }) => document === undefined || document.createdAt.toMillis() <= time);
  const byPbx = [...Map.groupBy(made, (key) => key.pbxId).values()];
  const extens = exten === undefined ? [] : [exten, ...listSpellings(exten, services.config.countryCode)];
  const found = byPbx.map((all) => findDead(all, { time, extens }));
  const dead = found.filter((key) => key !== undefined).toSorted(byEnd);
  return { dead, hasWorking: dead.length < found.length };
}

/** A call, with every way to write its exten; none if it is not known. */
interface Spelt {
  readonly time: number;
  readonly extens: readonly string[];
}

/** The key of a PBX that ended last, if none worked. One that its PBX has never used does not tell that another did. */
function findDead(keys: readonly StoredKey[], call: Spelt): KeyThen | undefined {
  const dead = keys.flatMap((key) => describe(key, call) ?? []);
  const working = keys.filter((key) => describe(key, call) === undefined);
  const isUsed = working.some(({ document }) => document?.lastUsedAt !== undefined);
  const hasEnded = dead.some(({ since }) => since !== undefined);
  return isUsed || (working.length > 0 && !hasEnded) ? undefined : dead.toSorted(byEnd)[0];
}

function byEnd(one: KeyThen, other: KeyThen): number {
  return (other.since ?? 0) - (one.since ?? 0);
}

/** Why a key did not work for a call; `undefined` if it did. */
function describe({ pbxId, document }: StoredKey, { time, extens }: Spelt): KeyThen | undefined {
  if (document === undefined) return { pbxId, state: "refused" };
  const revokedAt = document.revokedAt?.toMillis() ?? Infinity;
  const expiresAt = document.expiresAt?.toMillis() ?? Infinity;
  if (Math.min(revokedAt, expiresAt) > time) return allows(document, extens) ? undefined : { pbxId, state: "refused" };
  return revokedAt <= expiresAt
    ? { pbxId, state: "revoked", since: revokedAt }
    : { pbxId, state: "expired", since: expiresAt };
}

/** Whether a key may ring an exten that is written in one of these ways. */
function allows({ scopes, extens, extenPrefix }: KeyDocument, names: readonly string[]): boolean {
  if (!scopes.includes("calls")) return false;
  if (extens === undefined || names.length === 0) return true;
  const behind = extenPrefix === undefined ? [] : names.filter((name) => name.startsWith(extenPrefix));
  const dialled = [...names, ...behind.map((name) => name.slice(extenPrefix?.length))];
  return extens.some((pattern) => dialled.some((name) => matchesPattern(pattern, name)));
}

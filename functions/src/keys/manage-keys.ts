import { randomBytes } from "node:crypto";
import { FieldPath, FieldValue, Timestamp } from "firebase-admin/firestore";
import { readPages } from "../firestore/pages.ts";
import type { Services } from "../services.ts";
import { digestOf, endOf, grantOf, parseKeyDocument, pbxKeysRef, type KeyDocument } from "./key-document.ts";
import type { KeyGrant } from "./pbx-key.ts";

/** How long a rotated key goes on working: time to change the PBX's settings. */
const rotationMs = 24 * 60 * 60 * 1000;

/** A key that was just made; only its digest is stored. */
export interface NewKey {
  readonly key: string;
  readonly sha256: string;
}

/** A stored key: its document, or why that is unusable. */
export interface StoredKey {
  readonly sha256: string;
  readonly pbxId: string;
  readonly document?: KeyDocument;
  readonly unusable?: string;
}

export type KeyState = "active" | "expired" | "revoked" | "unusable";

/** Whether a key works at a time, in milliseconds since the epoch. */
export function stateOf({ document }: StoredKey, now: number): KeyState {
  if (document === undefined) return "unusable";
  if (document.revokedAt !== undefined) return "revoked";
  return endOf(document) <= now ? "expired" : "active";
}

/** Makes a key for a PBX: 32 random bytes, as 64 hex digits. It works within a minute. */
export async function addKey(services: Services, grant: KeyGrant, expiresAt?: Date): Promise<NewKey> {
  const made = createKey();
  await storeKey(services, made.sha256, grant, expiresAt);
  return made;
}

function createKey(): NewKey {
  const key = randomBytes(32).toString("hex");
  return { key, sha256: digestOf(key) };
}

/** Stores the digest of a key that a PBX already has; fails if it is stored. */
export async function storeKey(services: Services, sha256: string, grant: KeyGrant, expiresAt?: Date): Promise<void> {
  await pbxKeysRef(services.db).doc(sha256).create(buildDocument(grant, expiresAt));
}

/** The times are Firestore's: the clock of an operator's machine may be wrong. */
function buildDocument(grant: KeyGrant, expiresAt?: Date) {
  return {
    ...grant,
    createdAt: FieldValue.serverTimestamp(),
    ...(expiresAt !== undefined && { expiresAt: Timestamp.fromDate(expiresAt) }),
  };
}

/** All keys, by PBX and age; those of one PBX if it is named. */
export async function listKeys({ db }: Services, pbxId?: string): Promise<readonly StoredKey[]> {
  const keys: StoredKey[] = [];
  for await (const page of readPages(pbxKeysRef(db).orderBy(FieldPath.documentId()))) {
    for (const snapshot of page) {
      const parsed = parseKeyDocument(snapshot.data());
      const found = "key" in parsed ? { document: parsed.key } : parsed;
      keys.push({ sha256: snapshot.id, pbxId: String(snapshot.get("pbxId")), ...found });
    }
  }
  const ageOf = ({ document }: StoredKey) => document?.createdAt.toMillis() ?? 0;
  return keys
    .filter((key) => pbxId === undefined || key.pbxId === pbxId)
    .toSorted((one, other) => one.pbxId.localeCompare(other.pbxId) || ageOf(one) - ageOf(other));
}

/** A PBX's new key, and its older ones, which go on working until `olderUntil`. */
export interface Rotated extends NewKey {
  readonly older: readonly StoredKey[];
  readonly olderUntil: Date;
}

/** Gives a PBX a new key that allows what its newest one does; `undefined` if it has no working key. */
export async function rotateKey(services: Services, pbxId: string): Promise<Rotated | undefined> {
  const now = services.clock.now();
  const older = (await listKeys(services, pbxId)).filter((key) => stateOf(key, now) === "active");
  const newest = older.at(-1)?.document;
  if (newest === undefined) return undefined;
  const made = createKey();
  const until = now + rotationMs;
  const keys = pbxKeysRef(services.db);
  // All or nothing: a new key that is stored and not shown would be lost.
  const batch = services.db.batch();
  batch.create(keys.doc(made.sha256), buildDocument(grantOf(newest), newest.expiresAt?.toDate()));
  for (const { sha256, document } of older) {
    const expiresAt = Timestamp.fromMillis(Math.min(until, document?.expiresAt?.toMillis() ?? Infinity));
    batch.update(keys.doc(sha256), { expiresAt });
  }
  await batch.commit();
  return { ...made, older, olderUntil: new Date(until) };
}

/** The keys that were revoked, and those that could not be, with the reason. */
export interface Revoked {
  readonly revoked: readonly StoredKey[];
  readonly failed: readonly { readonly key: StoredKey; readonly reason: unknown }[];
}

/** Revokes the keys of a PBX, or those whose digest begins with `digest`: as many as possible. They end within a minute. */
export async function revokeKeys(services: Services, pbxId: string, digest = ""): Promise<Revoked> {
  const now = services.clock.now();
  const keys = (await listKeys(services, pbxId)).filter((key) => {
    return key.sha256.startsWith(digest) && stateOf(key, now) !== "revoked";
  });
  const revokedAt = FieldValue.serverTimestamp();
  const writes = await Promise.allSettled(
    keys.map(async ({ sha256 }) => pbxKeysRef(services.db).doc(sha256).update({ revokedAt })),
  );
  const failed = keys.flatMap((key, nth) => {
    const write = writes[nth];
    return write?.status === "rejected" ? [{ key, reason: write.reason as unknown }] : [];
  });
  return { revoked: keys.filter((_, nth) => writes[nth]?.status === "fulfilled"), failed };
}

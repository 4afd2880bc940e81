import { createHash } from "node:crypto";
import { Timestamp, type CollectionReference, type Firestore } from "firebase-admin/firestore";
import { z } from "zod";
import { explainIssue } from "../parse-input.ts";
import { keyGrant, type KeyGrant } from "./pbx-key.ts";

const time = z.custom<Timestamp>((value) => value instanceof Timestamp, "must be a timestamp");

/**
 * `pbxKeys/{sha256 of the key}`: what the key allows, and for how long. The key itself is not stored. A field that is
 * misspelt makes the key unusable, because an unrecognised restriction must not allow access.
 */
const keyDocument = keyGrant.extend({
  createdAt: time,
  expiresAt: time.optional(),
  revokedAt: time.optional(),
  lastUsedAt: time.optional(),
});

export type KeyDocument = z.infer<typeof keyDocument>;

/** The collection of keys. */
export function pbxKeysRef(db: Firestore): CollectionReference {
  return db.collection("pbxKeys");
}

/** The id of a key's document. */
export function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** The first digits of a digest, enough to tell keys apart. */
export function shortenDigest(sha256: string): string {
  return sha256.slice(0, 8);
}

/** A key's document, or why it is unusable. */
export type ParsedKey = { readonly key: KeyDocument } | { readonly unusable: string };

/** Reads the fields of a key's document. */
export function parseKeyDocument(data: unknown): ParsedKey {
  const parsed = keyDocument.safeParse(data, { error: explainIssue });
  if (parsed.success) return { key: parsed.data };
  return { unusable: parsed.error.issues.map(({ path, message }) => [...path, message].join(" ")).join("; ") };
}

/** What a key's document allows, without its times. */
export function grantOf(key: KeyDocument): KeyGrant {
  const { createdAt: _created, expiresAt: _expires, revokedAt: _revoked, lastUsedAt: _used, ...grant } = key;
  return grant;
}

/**
 * The end of a key, in milliseconds since the epoch; `Infinity` if it has none. A revoked key has always ended: a
 * `revokedAt` that a fast clock wrote must not let it work until then.
 */
export function endOf({ expiresAt, revokedAt }: KeyDocument): number {
  return revokedAt === undefined ? (expiresAt?.toMillis() ?? Infinity) : -Infinity;
}

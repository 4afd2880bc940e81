import type { Timestamp } from "firebase-admin/firestore";
import { shortenDigest } from "../../keys/key-document.ts";
import { stateOf, type StoredKey } from "../../keys/manage-keys.ts";
import type { KeyRow } from "../wire.ts";

/** A key without its secret, which is stored nowhere. */
export function describeKey(key: StoredKey, now: number): KeyRow {
  const { createdAt, expiresAt, revokedAt, lastUsedAt, scopes = [], ...grant } = key.document ?? {};
  return {
    ...grant,
    scopes,
    pbxId: key.pbxId,
    sha256: shortenDigest(key.sha256),
    state: stateOf(key, now),
    ...timeOf("createdAt", createdAt),
    ...timeOf("expiresAt", expiresAt),
    ...timeOf("revokedAt", revokedAt),
    ...timeOf("lastUsedAt", lastUsedAt),
    ...(key.unusable !== undefined && { unusable: key.unusable }),
  };
}

function timeOf<Name extends string>(name: Name, at: Timestamp | undefined): { readonly [One in Name]?: string } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key widens to string
  return (at === undefined ? {} : { [name]: at.toDate().toISOString() }) as { readonly [One in Name]?: string };
}

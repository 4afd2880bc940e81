import type { Time } from "./common.ts";

/** What a PBX key may be used for. */
export type KeyScope = "calls" | "send" | "lines" | "keys";

/** What a key allows. */
export interface KeyGrant {
  readonly pbxId: string;
  readonly scopes: readonly KeyScope[];
  /** Patterns of extens; all if absent. */
  readonly extens?: readonly string[] | undefined;
  readonly extenPrefix?: string | undefined;
  /** Addresses or CIDR ranges; all if absent. */
  readonly ips?: readonly string[] | undefined;
  readonly requestsPerSecond?: number | undefined;
  readonly note?: string | undefined;
}

/** A key without its secret, which is stored nowhere. */
export interface KeyRow extends Omit<KeyGrant, "scopes"> {
  /** The beginning of the key's digest. */
  readonly sha256: string;
  readonly state: "active" | "expired" | "revoked" | "unusable";
  /** None if it is unusable. */
  readonly scopes: readonly KeyScope[];
  readonly createdAt?: Time;
  readonly expiresAt?: Time;
  readonly revokedAt?: Time;
  /** To the hour; absent if it was never used. */
  readonly lastUsedAt?: Time;
  /** What is wrong with its document. */
  readonly unusable?: string;
}

/** A key to be; it may use `calls` alone unless `scopes` are given. */
export interface AddKeyRequest extends Omit<KeyGrant, "scopes"> {
  readonly scopes?: readonly KeyScope[] | undefined;
  readonly expiresAt?: Time | undefined;
}

/** A new key. Its secret is in this answer and nowhere else: it cannot be shown again. */
export interface NewKey {
  readonly pbxId: string;
  readonly sha256: string;
  readonly key: string;
  /** The PBX's settings with it, for /etc/asterisk/pbx-push-settings.conf. */
  readonly settings: string;
  /** What to know of it: a PBX with the same lines. */
  readonly warnings: readonly string[];
  /** The beginnings of the digests of the PBX's other keys, which go on working. */
  readonly others: readonly string[];
}

/** A new key that allows what the newest one did; the others work until `olderUntil`. */
export interface RotatedKey extends NewKey {
  readonly olderUntil: Time;
}

/** Which keys to revoke: all of a PBX, or the one whose digest begins so. */
export interface RevokeKeysRequest {
  readonly pbxId: string;
  /** 8 to 64 hex digits. */
  readonly sha256?: string | undefined;
}

/** The revoked keys, by the beginnings of their digests. */
export interface RevokedKeys {
  readonly revoked: readonly string[];
  /** Those that could not be revoked: ask again. */
  readonly failed: readonly string[];
  /** How many keys of the PBX still work. */
  readonly left: number;
}

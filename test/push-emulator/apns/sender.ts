import { generateKeyPairSync, sign } from "node:crypto";

import { demoApnsKey } from "../../../packages/push-emulator/src/apns/demo-key.ts";
import type { ApnsKey } from "../../../packages/push-emulator/src/apns/demo-key.ts";
import type { Ask } from "../connection.ts";

/** The topic of VoIP pushes to a phone with the default bundle id. */
export const TOPIC = "com.example.app.voip";

/** What to put into a provider token. */
export interface TokenParts extends Partial<ApnsKey> {
  /** Milliseconds since the Unix epoch; default: now. */
  readonly issuedAt?: number;
  /** Fields in place of those that the others give, or beside them. */
  readonly header?: object;
  readonly claims?: object;
}

/** Signs a provider token, with the demo key by default. */
export function signToken({ issuedAt = Date.now(), header, claims, ...chosen }: TokenParts = {}): string {
  const { keyId, teamId, key } = { ...demoApnsKey, ...chosen };
  const parts = [
    { alg: "ES256", kid: keyId, ...header },
    { iss: teamId, iat: Math.floor(issuedAt / 1000), ...claims },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

/** A private key for ES256, PEM. */
export function createKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** A VoIP push that APNs accepts; `changes` replaces headers, and removes those that are undefined. */
export function buildPush(
  voipToken: string,
  providerToken: string,
  changes: Record<string, string | string[] | undefined> = {},
  body: unknown = { call: "7" },
): Ask & { readonly headers: Record<string, string | string[]> } {
  const headers: Record<string, string | string[] | undefined> = {
    authorization: `bearer ${providerToken}`,
    "apns-topic": TOPIC,
    "apns-push-type": "voip",
    "apns-priority": "10",
    "apns-expiration": "0",
    ...changes,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined);
  return { method: "POST", path: `/3/device/${voipToken}`, headers: Object.fromEntries(given), body };
}

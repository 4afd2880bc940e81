/** https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns */
import { createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

import { isJsonObject } from "../json.ts";
import type { JsonObject } from "../json.ts";
import { RequestError, refuseUnknownFields } from "../request-error.ts";
import { demoApnsKey } from "./demo-key.ts";
import type { ApnsKey } from "./demo-key.ts";

/** Whose provider tokens are accepted. */
export interface ApnsTeam {
  readonly teamId: string;
  /** By key id: the private or the public key, PEM. */
  readonly keys: Readonly<Record<string, string>>;
}

/** What a valid provider token says. */
export interface ProviderToken {
  readonly keyId: string;
  /** Milliseconds since the Unix epoch. */
  readonly issuedAt: number;
}

const ES256 = { digest: "sha256", curve: "prime256v1", encoding: "ieee-p1363" } as const;

/** The keys of the one team that may send. */
export class ProviderKeys {
  readonly #teamId: string;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(teamId: string, keys: ReadonlyMap<string, KeyObject>) {
    this.#teamId = teamId;
    this.#keys = keys;
  }

  /** Reads a provider token; undefined if it is malformed, of another team, or not signed with one of the keys. */
  verify(text: string): ProviderToken | undefined {
    const [header = "", claims = "", signature = "", ...more] = text.split(".");
    const { alg, kid } = readPart(header);
    const { iss, iat } = readPart(claims);
    const key = typeof kid === "string" ? this.#keys.get(kid) : undefined;
    if (key === undefined || more.length > 0 || alg !== "ES256") return undefined;
    const signed = Buffer.from(`${header}.${claims}`);
    if (!verify(ES256.digest, signed, { key, dsaEncoding: ES256.encoding }, Buffer.from(signature, "base64url"))) {
      return undefined;
    }
    if (iss !== this.#teamId || typeof iat !== "number" || !Number.isFinite(iat)) return undefined;
    return { keyId: String(kid), issuedAt: iat * 1000 };
  }
}

/** Reads the keys of a team; throws if one is no key for ES256. Default: the demo key. */
export function parseApnsTeam(team: unknown): ProviderKeys {
  const { teamId, keyId, key } = demoApnsKey;
  const wanted = team ?? ({ teamId, keys: { [keyId]: key } } satisfies ApnsTeam);
  if (!isJsonObject(wanted)) throw invalid("apns must be { teamId, keys }");
  refuseUnknownFields(wanted, ["teamId", "keys"]);
  if (typeof wanted["teamId"] !== "string" || wanted["teamId"] === "") throw invalid("apns.teamId must be a team id");
  const keys = isJsonObject(wanted["keys"]) ? Object.entries(wanted["keys"]) : [];
  if (keys.length === 0) throw invalid("apns.keys must be { [key id]: a key, PEM }");
  return new ProviderKeys(wanted["teamId"], new Map(keys.map(([id, pem]) => [id, parseKey(id, pem)])));
}

/** Makes a provider token, as a sender does. */
export function signProviderToken({ keyId, teamId, key }: ApnsKey, now: number): string {
  const header = writePart({ alg: "ES256", kid: keyId });
  const claims = writePart({ iss: teamId, iat: Math.floor(now / 1000) });
  const signature = sign(ES256.digest, Buffer.from(`${header}.${claims}`), { key, dsaEncoding: ES256.encoding });
  return `${header}.${claims}.${signature.toString("base64url")}`;
}

function parseKey(keyId: string, pem: unknown): KeyObject {
  if (typeof pem !== "string") throw invalid(`apns.keys[${JSON.stringify(keyId)}] must be a key, PEM`);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw invalid(`apns.keys[${JSON.stringify(keyId)}] is no key in PEM: ${String(error)}`);
  }
  if (key.asymmetricKeyDetails?.namedCurve === ES256.curve) return key;
  throw invalid(`apns.keys[${JSON.stringify(keyId)}] must be a key for ES256, on the curve P-256`);
}

function invalid(message: string): RequestError {
  return new RequestError(400, "invalid_apns", message);
}

function writePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** A part that is no JSON object is one without fields. */
function readPart(part: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

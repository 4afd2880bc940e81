import { createHash, timingSafeEqual } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { AccessDenied, Misconfigured } from "../errors.ts";
import { extenPattern, matchesPattern } from "../exten-pattern.ts";
import { explainIssue } from "../parse-input.ts";

/** What a key may be used for. */
export const scopes = ["calls", "send", "lines"] as const;
export type Scope = (typeof scopes)[number];

/** One entry of the secret `PBX_KEYS`. An absent list restricts nothing. */
export const pbxKeyEntry = z.strictObject({
  // Part of call keys, which `~` separates.
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 . _ -"),
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits"),
  scopes: z.array(z.enum(scopes)).optional(),
  extens: z.array(z.string().regex(extenPattern, "must be 1 to 33 of 0-9 + # \\*, and * only at the end")).optional(),
  ips: z.array(z.string().refine(isNetwork, "must be an address or CIDR range")).optional(),
});

export type PbxKeyEntry = z.infer<typeof pbxKeyEntry>;

/** The valid key of a PBX, and what it allows. */
export class PbxKey {
  readonly id: string;
  readonly #scopes: readonly Scope[] | undefined;
  readonly #extens: readonly string[] | undefined;
  readonly #networks: BlockList | undefined;

  constructor({ id, scopes: granted, extens, ips }: PbxKeyEntry) {
    this.id = id;
    this.#scopes = granted;
    this.#extens = extens;
    this.#networks = ips && buildNetworks(ips);
  }

  /** Throws {@link AccessDenied} unless the key has this scope. */
  requireScope(scope: Scope): void {
    if (this.#scopes?.includes(scope) === false)
      throw new AccessDenied("forbidden", `The key lacks the scope ${scope}`);
  }

  /** Throws {@link AccessDenied} unless the key allows this exten. */
  requireExten(exten: string): void {
    if (this.#extens?.some((pattern) => matchesPattern(pattern, exten)) === false) {
      throw new AccessDenied("forbidden", "The key is not for this exten");
    }
  }

  /** The patterns of the extens that the key allows; `undefined` if it allows all. */
  get extens(): readonly string[] | undefined {
    return this.#extens;
  }

  /** Throws {@link AccessDenied} unless the key allows every exten: a request without an exten may reach any user. */
  requireEveryExten(): void {
    if (this.#extens !== undefined) throw new AccessDenied("forbidden", "The key is for certain extens only");
  }

  /** Throws {@link AccessDenied} unless the key may be used from this address. */
  requireAddress(address: string): void {
    if (this.#networks === undefined) return;
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    const family = isIP(plain);
    if (family === 0 || !this.#networks.check(plain, family === 4 ? "ipv4" : "ipv6")) {
      throw new AccessDenied("forbidden", "The key is not for this address");
    }
  }
}

/** The keys of the secret. */
export interface PbxKeys {
  /** Number of keys; with none every request is refused. */
  readonly size: number;
  /** The key of a bearer token, or `undefined`. */
  find(bearer: string): PbxKey | undefined;
}

/** Parses the secret `PBX_KEYS`; throws {@link Misconfigured} if it is invalid. */
export function parsePbxKeys(secret: string): PbxKeys {
  const keys = parsePbxKeyEntries(secret).map((parsed) => ({
    hash: Buffer.from(parsed.sha256, "hex"),
    key: new PbxKey(parsed),
  }));
  return {
    size: keys.length,
    find: (bearer) => {
      const hash = createHash("sha256").update(bearer).digest();
      let found: PbxKey | undefined;
      // Compares every entry, so that the time taken does not reveal which one matches.
      for (const candidate of keys) if (timingSafeEqual(candidate.hash, hash)) found ??= candidate.key;
      return found;
    },
  };
}

/** The entries of the secret `PBX_KEYS`, none if it is empty; throws {@link Misconfigured} if it is invalid. */
export function parsePbxKeyEntries(secret: string): readonly PbxKeyEntry[] {
  if (secret.trim() === "") return [];
  let json: unknown;
  try {
    json = JSON.parse(secret);
  } catch {
    // The parser's own message would quote the secret.
    throw new Misconfigured("PBX_KEYS is not JSON");
  }
  const parsed = z.array(pbxKeyEntry).safeParse(json, { error: explainIssue });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new Misconfigured(`PBX_KEYS is not usable: ${faults.join("; ")}`);
}

function isNetwork(range: string): boolean {
  if (!/^[^/]+(?:\/\d{1,3})?$/.test(range)) return false;
  try {
    buildNetworks([range]);
    return true;
  } catch {
    return false;
  }
}

function buildNetworks(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/", 2);
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

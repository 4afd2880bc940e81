import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { AccessDenied, TooManyRequests } from "../errors.ts";
import { extenPattern, matchesPattern } from "../exten-pattern.ts";
import type { Allowance } from "./allowance.ts";

/** What a key may be used for. `keys` asks whether the service accepts another key: for the doctor. */
export const scopes = ["calls", "send", "lines", "keys"] as const;
export type Scope = (typeof scopes)[number];

/** What a key allows. An absent list restricts nothing. */
export const keyGrant = z.strictObject({
  // Part of call keys, which `~` separates.
  pbxId: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 . _ -"),
  scopes: z.array(z.enum(scopes)).min(1, "must name a scope"),
  extens: z.array(z.string().regex(extenPattern, "must be 1 to 33 of 0-9 + # \\*, and * only at the end")).optional(),
  // The lines of the PBX's extens begin with it: two PBXs may both have a 101.
  extenPrefix: z
    .string()
    .regex(/^[0-9+*#]{1,16}$/, "must be 1 to 16 of 0-9 + * #")
    .optional(),
  ips: z.array(z.string().refine(isNetwork, "must be an address or CIDR range")).optional(),
  requestsPerSecond: z.int("must be a whole number").min(1, "must be 1 or more").max(10_000).optional(),
  note: z.string().max(200, "must be 200 characters at most").optional(),
});

export type KeyGrant = z.infer<typeof keyGrant>;

/** The limit of a key that sets none: more than the calls of a large PBX, less than an instance can answer. */
export const defaultRequestsPerSecond = 200;

/** What is left of a key's rate: for the PBX, and for clients at addresses that the key does not allow. */
export interface KeyAllowances {
  readonly own: Allowance;
  readonly strangers: Allowance;
}

/** The valid key of a PBX, and what it allows. */
export class PbxKey {
  readonly id: string;
  /** The start of the key's digest, for logs. */
  readonly shortDigest: string;
  readonly #grant: KeyGrant;
  readonly #networks: BlockList | undefined;
  readonly #allowances: KeyAllowances;

  constructor(grant: KeyGrant, shortDigest: string, allowances: KeyAllowances) {
    this.id = grant.pbxId;
    this.shortDigest = shortDigest;
    this.#grant = grant;
    this.#networks = grant.ips && buildNetworks(grant.ips);
    this.#allowances = allowances;
  }

  /** Throws {@link AccessDenied} unless the key has this scope. */
  requireScope(scope: Scope): void {
    if (!this.#grant.scopes.includes(scope)) throw new AccessDenied("forbidden", `The key lacks the scope ${scope}`);
  }

  /** Whether the key allows this exten. */
  allowsExten(exten: string): boolean {
    return this.#grant.extens?.some((pattern) => matchesPattern(pattern, exten)) !== false;
  }

  /** Throws {@link AccessDenied} unless the key allows this exten. */
  requireExten(exten: string): void {
    if (!this.allowsExten(exten)) throw new AccessDenied("forbidden", "The key is not for this exten");
  }

  /** The patterns of the extens that the key allows; `undefined` if it allows all. */
  get extens(): readonly string[] | undefined {
    return this.#grant.extens;
  }

  /** The line of an exten of this PBX: other PBXs may have the same exten. */
  lineOf(exten: string): string {
    return `${this.#grant.extenPrefix ?? ""}${exten}`;
  }

  /** The exten of a line; throws {@link AccessDenied} if the line is none of this PBX. */
  extenOf(line: string): string {
    const { extenPrefix = "" } = this.#grant;
    if (!line.startsWith(extenPrefix)) throw new AccessDenied("forbidden", "The key is not for this exten");
    return line.slice(extenPrefix.length);
  }

  /** Throws {@link AccessDenied} unless the key allows every line: a request without an exten may reach any user. */
  requireEveryExten(): void {
    const { extens, extenPrefix } = this.#grant;
    if (extens !== undefined || extenPrefix !== undefined)
      throw new AccessDenied("forbidden", "The key is for certain extens only");
  }

  /** Whether the key may be used from certain addresses only. */
  get hasAddresses(): boolean {
    return this.#networks !== undefined;
  }

  /** Whether the key may be used from this address. */
  allowsAddress(address: string): boolean {
    if (this.#networks === undefined) return true;
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    const family = isIP(plain);
    return family !== 0 && this.#networks.check(plain, family === 4 ? "ipv4" : "ipv6");
  }

  /** Counts a request of this key; throws {@link TooManyRequests} above the key's rate. `now` is in milliseconds. */
  countRequest(now: number): void {
    this.#count(now, this.#allowances.own);
  }

  /** Counts a request from an address that the key does not allow, which must not use up the PBX's own rate. */
  countStranger(now: number): void {
    this.#count(now, this.#allowances.strangers);
  }

  #count(now: number, allowance: Allowance): void {
    const perSecond = this.#grant.requestsPerSecond ?? defaultRequestsPerSecond;
    const waitSeconds = allowance.take(now, { perSecond, burst: burstSeconds * perSecond });
    if (waitSeconds > 0) {
      throw new TooManyRequests(`The key may send ${perSecond} requests a second`, waitSeconds);
    }
  }
}

/** After a quiet time a key may send the requests of so many seconds at once. */
const burstSeconds = 5;

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

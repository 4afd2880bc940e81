import { randomBytes } from "node:crypto";

import type { Platform } from "./fcm-message.ts";
import { RequestError } from "./request-error.ts";

/** Whether an install can be reached now, later, or never again. */
export type RegistrationState = "online" | "offline" | "uninstalled";

/** One app install, as the API shows it. */
export interface Registration {
  readonly token: string;
  /** The Firebase Installation ID: the install's other address. */
  readonly fid: string;
  readonly platform: Platform;
  readonly state: RegistrationState;
}

/** The fields that may be chosen for a new install; the others are generated. */
export interface NewRegistration {
  readonly platform?: Platform;
  readonly token?: string;
  readonly fid?: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Firebase makes an FID of 17 random bytes and marks it by its first four bits. */
const FID_BYTES = 17;
const TOKEN_SECRET_BYTES = 100;
const FID = /^[cdef][A-Za-z0-9_-]{21}$/;
const FID_AT_START = /^([cdef][A-Za-z0-9_-]{21}):/;

/** Whether an address looks like a FID, and not like a token. */
export function isFid(address: string): boolean {
  return FID.test(address);
}

/** All app installs, found by token or FID. */
export class Registrations {
  readonly #byToken = new Map<string, Writable<Registration>>();
  readonly #byFid = new Map<string, Writable<Registration>>();

  get size(): number {
    return this.#byToken.size;
  }

  /** All installs, oldest first. */
  all(): Iterable<Registration> {
    return this.#byToken.values();
  }

  findByToken(token: string): Registration | undefined {
    return this.#byToken.get(token);
  }

  findByFid(fid: string): Registration | undefined {
    return this.#byFid.get(fid);
  }

  /** The install with this token or FID. */
  find(address: string): Registration | undefined {
    return this.#byToken.get(address) ?? this.#byFid.get(address);
  }

  /** The install with this token or FID; throws 404 if there is none. */
  get(address: string): Registration {
    const found = this.find(address);
    if (found === undefined) throw new RequestError(404, "not_found", "no such registration");
    return found;
  }

  /** Creates an install, or returns the one with the given token; throws 409 if that one differs. */
  create({ platform = "android", token, fid }: NewRegistration): Registration {
    const known = token === undefined ? undefined : this.#byToken.get(token);
    if (known !== undefined) return sameInstall(known, platform, fid);
    const ownFid = fid ?? (token === undefined ? undefined : FID_AT_START.exec(token)?.[1]) ?? createFid();
    if (this.#byFid.has(ownFid)) throw new RequestError(409, "conflict", "another registration has this fid");
    const made = { token: token ?? createToken(ownFid), fid: ownFid, platform, state: "online" as const };
    this.#byToken.set(made.token, made);
    this.#byFid.set(ownFid, made);
    return made;
  }

  /** Deletes all installs. */
  clear(): void {
    this.#byToken.clear();
    this.#byFid.clear();
  }

  /** Changes an install's state; throws 409 if it was uninstalled, which is final. */
  setState(address: string, state: RegistrationState): Registration {
    const registration = this.#byToken.get(this.get(address).token);
    if (registration === undefined) throw new RequestError(404, "not_found", "no such registration");
    if (registration.state === "uninstalled" && state !== "uninstalled") {
      throw new RequestError(409, "uninstalled", "an uninstalled app is gone for good; a new install has a new token");
    }
    registration.state = state;
    return registration;
  }
}

function sameInstall(known: Registration, platform: Platform, fid: string | undefined): Registration {
  if (known.state === "uninstalled") {
    throw new RequestError(409, "uninstalled", "this token was uninstalled; a new install has a new token");
  }
  if (known.platform !== platform || (fid !== undefined && fid !== known.fid)) {
    throw new RequestError(409, "conflict", "this token belongs to an install with another platform or fid");
  }
  return known;
}

function createFid(): string {
  const bytes = randomBytes(FID_BYTES);
  bytes[0] = 0b0111_0000 | ((bytes[0] ?? 0) & 0b0000_1111);
  return bytes.toString("base64url").slice(0, 22);
}

/** A token begins with the FID of its install, like FCM's. */
function createToken(fid: string): string {
  return `${fid}:APA91b${randomBytes(TOKEN_SECRET_BYTES).toString("base64url")}`;
}

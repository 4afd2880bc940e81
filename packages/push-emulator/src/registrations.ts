import { randomBytes } from "node:crypto";

import { RequestError } from "./request-error.ts";

/** The platform of an app install, which decides what part of a message applies to it. */
export type Platform = "android" | "ios" | "web";

/** Whether an install can be reached now, later, or never again. */
export type RegistrationState = "online" | "offline" | "uninstalled";

/** APNs' two worlds: the tokens of one mean nothing in the other. */
export type ApnsEnvironment = "production" | "sandbox";

/** One app install, as the API shows it. */
export interface Registration {
  readonly token: string;
  /** The Firebase Installation ID: the install's other address. */
  readonly fid: string;
  readonly platform: Platform;
  /** What the inbox calls it; without a name, its platform and the beginning of its token. */
  readonly name?: string;
  readonly state: RegistrationState;
  /** On iOS: its address for VoIP pushes by APNs, in hexadecimal. */
  readonly voipToken?: string;
  /** On iOS: the app's bundle id; the topic of its VoIP pushes is this with `.voip` behind it. */
  readonly bundleId?: string;
  /** On iOS: where its VoIP token is valid. */
  readonly environment?: ApnsEnvironment;
  /** Since when it is uninstalled, in milliseconds since the Unix epoch. */
  readonly uninstalledAt?: number;
}

/** The fields that may be chosen for a new install; the others are generated. Those of APNs are for iOS only. */
export interface NewRegistration {
  readonly platform?: Platform;
  /** For the inbox: 1 to 80 characters. */
  readonly name?: string;
  readonly token?: string;
  readonly fid?: string;
  readonly voipToken?: string;
  /** Default: com.example.app. */
  readonly bundleId?: string;
  /** Default: production. */
  readonly environment?: ApnsEnvironment;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Firebase makes an FID of 17 random bytes and marks it by its first four bits. */
const FID_BYTES = 17;
const TOKEN_SECRET_BYTES = 100;
const VOIP_TOKEN_BYTES = 32;
const DEFAULT_BUNDLE_ID = "com.example.app";
const FID = /^[cdef][A-Za-z0-9_-]{21}$/;
const FID_AT_START = /^([cdef][A-Za-z0-9_-]{21}):/;
/** The chosen fields that must not differ when an install is created again. */
const FIXED_FIELDS = ["platform", "fid", "voipToken", "bundleId", "environment"] as const;

/** Whether an address looks like a FID, and not like a token. */
export function isFid(address: string): boolean {
  return FID.test(address);
}

/** All app installs, found by token, FID or VoIP token. */
export class Registrations {
  readonly #byToken = new Map<string, Writable<Registration>>();
  readonly #byFid = new Map<string, Writable<Registration>>();
  readonly #byVoipToken = new Map<string, Writable<Registration>>();

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

  /** Finds an iPhone's install; hexadecimal digits may be of either case. */
  findByVoipToken(voipToken: string): Registration | undefined {
    return this.#byVoipToken.get(voipToken.toLowerCase());
  }

  /** The install with this token, FID or VoIP token. */
  find(address: string): Registration | undefined {
    return this.#byToken.get(address) ?? this.#byFid.get(address) ?? this.findByVoipToken(address);
  }

  /** The install with this token, FID or VoIP token; throws 404 if there is none. */
  get(address: string): Registration {
    const found = this.find(address);
    if (found === undefined) throw new RequestError(404, "not_found", "no such registration");
    return found;
  }

  /** Creates an install, or returns the one with the given token; throws 409 if that one differs. */
  create(wanted: NewRegistration): Registration {
    const { platform = "android", name, token, fid } = wanted;
    const known = token === undefined ? undefined : this.#byToken.get(token);
    if (known !== undefined) return sameInstall(known, { ...wanted, platform });
    const ownFid = fid ?? (token === undefined ? undefined : FID_AT_START.exec(token)?.[1]) ?? createFid();
    const made: Writable<Registration> = {
      token: token ?? createToken(ownFid),
      fid: ownFid,
      platform,
      ...(name === undefined ? {} : { name }),
      state: "online",
      ...(platform === "ios" ? buildApnsPart(wanted) : {}),
    };
    if (this.#byFid.has(ownFid)) throw new RequestError(409, "conflict", "another registration has this fid");
    if (made.voipToken !== undefined && this.#byVoipToken.has(made.voipToken)) {
      throw new RequestError(409, "conflict", "another registration has this voipToken");
    }
    this.#byToken.set(made.token, made);
    this.#byFid.set(ownFid, made);
    if (made.voipToken !== undefined) this.#byVoipToken.set(made.voipToken, made);
    return made;
  }

  /** Deletes all installs. */
  clear(): void {
    this.#byToken.clear();
    this.#byFid.clear();
    this.#byVoipToken.clear();
  }

  /** Changes an install's state; throws 409 if it was uninstalled, which is final. */
  setState(address: string, state: RegistrationState, now: number): Registration {
    const registration = this.#byToken.get(this.get(address).token);
    if (registration === undefined) throw new RequestError(404, "not_found", "no such registration");
    if (registration.state === "uninstalled" && state !== "uninstalled") {
      throw new RequestError(409, "uninstalled", "an uninstalled app is gone for good; a new install has a new token");
    }
    registration.state = state;
    if (state === "uninstalled") registration.uninstalledAt ??= now;
    return registration;
  }
}

function sameInstall(known: Registration, wanted: NewRegistration): Registration {
  if (known.state === "uninstalled") {
    throw new RequestError(409, "uninstalled", "this token was uninstalled; a new install has a new token");
  }
  const other = FIXED_FIELDS.find((field) => wanted[field] !== undefined && wanted[field] !== known[field]);
  if (other === undefined) return known;
  throw new RequestError(409, "conflict", `this token belongs to an install with another ${other}`);
}

function buildApnsPart({
  voipToken = randomBytes(VOIP_TOKEN_BYTES).toString("hex"),
  bundleId = DEFAULT_BUNDLE_ID,
  environment = "production",
}: NewRegistration): Pick<Registration, "voipToken" | "bundleId" | "environment"> {
  return { voipToken, bundleId, environment };
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

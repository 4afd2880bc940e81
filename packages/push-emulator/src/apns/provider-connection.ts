import type { ProviderKeys } from "./provider-keys.ts";
import type { ApnsReason } from "./reasons.ts";

const BEARER = /^bearer +(\S+)$/i;
const MAX_AGE_MS = 60 * 60 * 1000;
/** Between the issue of one token and of the next. */
const MIN_RENEWAL_MS = 20 * 60 * 1000;

/** What APNs remembers of a sender's connection. */
export class ProviderConnection {
  readonly #keys: ProviderKeys;
  readonly #onAuthenticated: () => void;
  /** Of the first token that was accepted. */
  #keyId: string | undefined;
  #current: { readonly text: string; readonly issuedAt: number } | undefined;

  /** `onAuthenticated` is called once, with the first token that is accepted. */
  constructor(keys: ProviderKeys, onAuthenticated: () => void) {
    this.#keys = keys;
    this.#onAuthenticated = onAuthenticated;
  }

  /** Why a request with this authorization is refused; undefined if its provider token is accepted. */
  authenticate(authorization: string | undefined, now: number): ApnsReason | undefined {
    const text = BEARER.exec(authorization ?? "")?.[1];
    if (text === undefined) return "MissingProviderToken";
    const current = this.#current;
    if (current?.text === text) return isTooOld(current, now) ? "ExpiredProviderToken" : undefined;
    const token = this.#keys.verify(text);
    if (token === undefined) return "InvalidProviderToken";
    if (this.#keyId !== undefined && this.#keyId !== token.keyId) return "UnrelatedKeyIdInToken";
    if (isTooOld(token, now)) return "ExpiredProviderToken";
    if (current !== undefined && Math.abs(token.issuedAt - current.issuedAt) < MIN_RENEWAL_MS) {
      return "TooManyProviderTokenUpdates";
    }
    if (this.#keyId === undefined) this.#onAuthenticated();
    this.#keyId = token.keyId;
    this.#current = { text, issuedAt: token.issuedAt };
    return undefined;
  }

  /** Takes any new token next: a sender that was told that its token has expired must send one. */
  forgetToken(): void {
    this.#current = undefined;
  }
}

/** Apple's rule is "within the last hour"; a sender's clock may also be ahead. */
function isTooOld({ issuedAt }: { readonly issuedAt: number }, now: number): boolean {
  return Math.abs(now - issuedAt) > MAX_AGE_MS;
}

// https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns
import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import type { Clock } from "../clock.ts";
import { Misconfigured } from "../errors.ts";

/** The tokens that show APNs who we are. */
export interface ProviderTokens {
  /** The token to send with. */
  get(): string;
  /** Replaces a token that APNs calls expired; false if a new one would most likely be refused too. */
  renew(value: string): boolean;
  /**
   * Makes no newer token for a while, because APNs has seen too many, and goes back to the one before this; false if
   * there is none.
   */
  hold(value: string): boolean;
}

/** Options of {@link createProviderTokens}. */
export interface ProviderTokenOptions {
  readonly teamId: string;
  readonly keyId: string;
  /** The text of Apple's `.p8` file. */
  readonly key: string;
  readonly clock: Pick<Clock, "now">;
}

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

const minuteMs = 60_000;

/** All instances make tokens of the same half hours: APNs allows a new one every 20 minutes. */
const periodMs = 30 * minuteMs;

/** APNs refuses a token from the future, so a half hour begins this late: clocks may be wrong by as much. */
const clockErrorMs = 5 * minuteMs;

/** APNs allows no newer token before this. */
const minBetweenTokensMs = 20 * minuteMs;

/** APNs refuses a token of 60 minutes; the margin is for wrong clocks. */
const longestLifeMs = 60 * minuteMs - clockErrorMs;

/**
 * When the token of this moment was issued: a full half hour, between 5 and 35 minutes ago. Milliseconds since the
 * epoch.
 */
export function roundIssueTime(now: number): number {
  return Math.floor((now - clockErrorMs) / periodMs) * periodMs;
}

/** Signed tokens for one team and key; throws {@link Misconfigured} if the key is none of Apple's. */
export function createProviderTokens({ teamId, keyId, key, clock }: ProviderTokenOptions): ProviderTokens {
  const privateKey = parseSigningKey(key);
  let current: Token | undefined;
  let previous: Token | undefined;
  let heldUntil = Number.NEGATIVE_INFINITY;
  let renewedAt = Number.NEGATIVE_INFINITY;

  const make = (issuedAt: number): Token => {
    const unsigned = `${encode({ alg: "ES256", kid: keyId })}.${encode({ iss: teamId, iat: Math.floor(issuedAt / 1000) })}`;
    const signature = sign("sha256", Buffer.from(unsigned), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return { value: `${unsigned}.${signature.toString("base64url")}`, issuedAt };
  };
  const hold = (token: Token, now: number): void => {
    heldUntil = Math.min(now + minBetweenTokensMs, token.issuedAt + longestLifeMs);
  };
  const isDue = (token: Token, now: number): boolean => {
    // A token from the future is left when the clock was set back.
    return token.issuedAt > now || (roundIssueTime(now) > token.issuedAt && now >= heldUntil);
  };

  return {
    get() {
      const now = clock.now();
      if (current === undefined || isDue(current, now)) {
        previous = current;
        current = make(roundIssueTime(now));
      }
      return current.value;
    },
    renew(value) {
      if (current?.value !== value) return true;
      const now = clock.now();
      if (now - renewedAt < minBetweenTokensMs) return false;
      renewedAt = now;
      previous = undefined;
      current = make(now);
      hold(current, now);
      return true;
    },
    hold(value) {
      if (current?.value !== value) return true;
      const now = clock.now();
      const older = previous !== undefined && now - previous.issuedAt < longestLifeMs ? previous : undefined;
      previous = undefined;
      current = older ?? current;
      hold(current, now);
      return older !== undefined;
    },
  };
}

/** Reads the text of a `.p8` file; throws {@link Misconfigured}, without the text, if it is no key for ES256. */
export function parseSigningKey(text: string): KeyObject {
  const key = tryParse(text);
  if (key?.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new Misconfigured(
      "The APNs key must be the text of Apple's .p8 file: a private key of the curve P-256 in PEM",
    );
  }
  return key;
}

// Without the cause: it must not quote the key.
function tryParse(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

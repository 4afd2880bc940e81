import type { Clock } from "../clock.ts";
import { settleWithin } from "../settle-within.ts";

/** An OAuth access token; `expiresAt` in milliseconds since the epoch. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Fetches a new token from its issuer; rejects if it gets none. */
export type FetchAccessToken = () => Promise<AccessToken>;

/** The access token that all sends share. */
export interface AccessTokens {
  /** A valid token, or undefined if there is none within `timeoutMs`. */
  get(timeoutMs: number): Promise<string | undefined>;
  /** Drops a token that FCM refused; false if a new token would most likely be refused too. */
  drop(value: string): boolean;
}

/** Options of {@link shareAccessToken}. */
export interface AccessTokenOptions {
  readonly fetchToken: FetchAccessToken;
  readonly clock: Clock;
  /** Called with the reason when there is no token: the outcomes of sends do not have it. */
  readonly onError?: (error: unknown) => void;
}

/**
 * A token is refreshed this long before it expires, in the background, so that no send waits. Not earlier: Google's
 * metadata server returns the same token until four minutes before its expiry.
 */
const refreshAheadMs = 225_000;

/** A token this close to its expiry may be refused on arrival. */
const minLifeMs = 10_000;

/** Timeout of a fetch: an endpoint that accepts and never answers must not block the next refresh. */
const fetchTimeoutMs = 10_000;

/** If a new token is refused this soon too, the credentials are wrong: do not fetch another. */
const minBetweenDropsMs = 60_000;

/** A token cache: all sends share one token, and at most one fetch is in flight. */
export function shareAccessToken({ fetchToken, clock, onError }: AccessTokenOptions): AccessTokens {
  let token: AccessToken | undefined;
  let fetching: Promise<string | undefined> | undefined;
  let droppedAt = Number.NEGATIVE_INFINITY;

  async function fetchNext(): Promise<string | undefined> {
    try {
      const next = await settleWithin(fetchToken(), fetchTimeoutMs);
      if (next === undefined) throw new Error(`No access token within ${fetchTimeoutMs} ms`);
      token = next;
      return next.value;
    } catch (error) {
      onError?.(error);
      return undefined;
    }
  }

  function joinFetch(): Promise<string | undefined> {
    fetching ??= fetchNext().finally(() => {
      fetching = undefined;
    });
    return fetching;
  }

  return {
    async get(timeoutMs) {
      const lifeMs = (token?.expiresAt ?? 0) - clock.now();
      const next = lifeMs < refreshAheadMs ? joinFetch() : undefined;
      if (token !== undefined && lifeMs > minLifeMs) return token.value;
      return settleWithin(next ?? joinFetch(), timeoutMs);
    },
    drop(value) {
      if (token?.value !== value) return true;
      if (clock.now() - droppedAt < minBetweenDropsMs) return false;
      droppedAt = clock.now();
      token = undefined;
      return true;
    },
  };
}

/** A token without an issuer, such as the FCM emulator's `owner`. */
export function fixAccessToken(value: string): AccessTokens {
  return { get: async () => value, drop: () => false };
}

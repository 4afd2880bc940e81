import type { Clock } from "../clock.ts";
import { settleWithin } from "../settle-within.ts";

/** An OAuth access token; `expiresAt` in milliseconds since the epoch. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Gets a new token from its issuer; rejects when there is none. */
export type FetchAccessToken = () => Promise<AccessToken>;

/** The token all sends share. */
export interface AccessTokens {
  /** A token that is good now, or undefined when none could be had within `timeoutMs`. */
  get(timeoutMs: number): Promise<string | undefined>;
  /** Forgets a token that FCM refused; false when another one would hardly do better. */
  drop(value: string): boolean;
}

/** What the shared token is made of. */
export interface AccessTokenOptions {
  readonly fetchToken: FetchAccessToken;
  readonly clock: Clock;
  /** Hears why no token could be had: the outcomes of the sends only say that there was none. */
  readonly onError?: (error: unknown) => void;
}

/**
 * From here on a token is replaced while it still serves, so that no send waits for the next one. No earlier: Google's
 * metadata server hands out the same token until four minutes before its end.
 */
const refreshAheadMs = 225_000;

/** A token this close to its end may be refused on arrival. */
const leastLifeMs = 10_000;

/** An endpoint that accepts and never answers must not keep the next refresh from starting. */
const fetchTimeoutMs = 10_000;

/** Refused again so soon, the credentials are wrong and not the token: no endless fetching. */
const leastBetweenDropsMs = 60_000;

/** A token cache in which any number of sends share one token and at most one fetch is under way. */
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
      if (token !== undefined && lifeMs > leastLifeMs) return token.value;
      return settleWithin(next ?? joinFetch(), timeoutMs);
    },
    drop(value) {
      if (token?.value !== value) return true;
      if (clock.now() - droppedAt < leastBetweenDropsMs) return false;
      droppedAt = clock.now();
      token = undefined;
      return true;
    },
  };
}

/** A token that needs no issuer, as the FCM emulator's `owner`. */
export function fixAccessToken(value: string): AccessTokens {
  return { get: async () => value, drop: () => false };
}

import type { Clock } from "../clock.ts";

/** Starts a Firestore listener and returns what stops it. */
export type Subscribe<Value> = (onNext: (value: Value) => void, onError: (error: Error) => void) => () => void;

/** What ends a wait besides what it waits for. */
export interface WatchLimits<Value> {
  /** Milliseconds until a value counts as settled: 0 at once, `Infinity` never by time alone. */
  readonly settlesInMs: (value: Value) => number;
  /** The longest wait, in milliseconds. */
  readonly ms: number;
  /** Aborted when the client has hung up. */
  readonly signal?: AbortSignal;
}

/**
 * Listens until a value is settled, the time is up or the client is gone, and returns the latest value; `undefined` when
 * Firestore has sent none. The listener is closed in every case. Rejects with the listener's error.
 */
export async function watchUntil<Value>(
  clock: Clock,
  subscribe: Subscribe<Value>,
  { settlesInMs, ms, signal }: WatchLimits<Value>,
): Promise<Value | undefined> {
  const settled = Promise.withResolvers<void>();
  const timers = new AbortController();
  const settleAfter = (delayMs: number) => {
    if (delayMs === Number.POSITIVE_INFINITY) return;
    clock.sleep(Math.max(0, delayMs), timers.signal).then(settled.resolve, () => undefined);
  };
  let latest: Value | undefined;
  const unsubscribe = subscribe((value) => {
    latest = value;
    const delayMs = settlesInMs(value);
    if (delayMs <= 0) settled.resolve();
    else settleAfter(delayMs);
  }, settled.reject);
  signal?.addEventListener("abort", () => settled.resolve(), { signal: timers.signal });
  settleAfter(ms);
  try {
    await settled.promise;
    return latest;
  } finally {
    unsubscribe();
    timers.abort();
  }
}

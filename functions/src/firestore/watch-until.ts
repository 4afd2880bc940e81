import type { Clock } from "../clock.ts";

/** Starts a Firestore listener and returns a function that stops it. */
export type Subscribe<Value> = (onNext: (value: Value) => void, onError: (error: Error) => void) => () => void;

/** Limits of a wait. */
export interface WatchLimits<Value> {
  /** Milliseconds until a value counts as settled: 0 at once, `Infinity` never by time alone. */
  readonly settlesInMs: (value: Value) => number;
  /** Timeout, in milliseconds. */
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
  // A real timer, not the injected clock: until the first value we wait for the network.
  const silence = setTimeout(settled.resolve, ms);
  let timer = new AbortController();
  let endsAt: number | undefined;
  let latest: Value | undefined;
  const unsubscribe = subscribe((value) => {
    clearTimeout(silence);
    timer.abort();
    timer = new AbortController();
    latest = value;
    endsAt ??= clock.now() + ms;
    const delayMs = Math.min(settlesInMs(value), endsAt - clock.now());
    if (delayMs <= 0) settled.resolve();
    else clock.sleep(delayMs, timer.signal).then(settled.resolve, () => undefined);
  }, settled.reject);
  signal?.addEventListener("abort", () => settled.resolve(), { once: true });
  // A signal that is aborted already sends no event.
  if (signal?.aborted) settled.resolve();
  try {
    await settled.promise;
    return latest;
  } finally {
    unsubscribe();
    clearTimeout(silence);
    timer.abort();
  }
}

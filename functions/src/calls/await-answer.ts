import type { Services } from "../services.ts";
import { callRef, readCall, type CallName, type WakeAnswer } from "./call.ts";

/**
 * Waits for how another request's waking of an exten ends. Returns `undefined` as soon as its claim has run out or was
 * given up, and at `until` (milliseconds since the epoch) at the latest.
 */
export async function awaitAnswer(
  { db, clock }: Services,
  name: CallName,
  exten: string,
  until: number,
): Promise<WakeAnswer | undefined> {
  const answered = Promise.withResolvers<WakeAnswer | undefined>();
  const timers = new AbortController();
  const unsubscribe = callRef(db, name).onSnapshot((snapshot) => {
    const record = snapshot.exists ? readCall(snapshot).extens[exten] : undefined;
    if (record === undefined) return answered.resolve(undefined);
    const { status, devices = 0, accepted = 0, wakingUntil } = record;
    if (status !== undefined) return answered.resolve({ status, devices, accepted });
    const leftMs = Math.max(0, Math.min(wakingUntil.toMillis(), until) - clock.now());
    clock.sleep(leftMs, timers.signal).then(
      () => answered.resolve(undefined),
      () => undefined,
    );
  }, answered.reject);
  try {
    return await answered.promise;
  } finally {
    unsubscribe();
    timers.abort();
  }
}

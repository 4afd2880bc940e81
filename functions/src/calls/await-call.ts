import type { Services } from "../services.ts";
import type { CallStatus } from "../wire.ts";
import { callRef, isAnnounced, readCall, type CallDocument, type CallName } from "./call.ts";

/** What a PBX waits for: from here on it knows what to do with its caller. */
const decided = new Set<CallStatus>(["ready", "answered", "declined", "ended", "failed"]);

/** For how long to wait, and when to stop caring. */
export interface Wait {
  readonly ms: number;
  /** Aborted when the client has hung up. */
  readonly signal: AbortSignal;
}

/**
 * Waits until a phone is ready or has answered, all have declined, nobody can be reached or the call has ended; returns
 * the call as it is then, or at the end of the time. `unknown` is a call nobody announced, `unheard` one of which Firestore
 * has said nothing in that time. Held by a listener, which goes with the answer, the time or the client.
 */
export async function awaitCall(
  { db, clock }: Services,
  name: CallName,
  { ms, signal }: Wait,
): Promise<CallDocument | "unknown" | "unheard"> {
  const decision = Promise.withResolvers<void>();
  const timer = new AbortController();
  let latest: CallDocument | "unknown" | "unheard" = "unheard";
  const unsubscribe = callRef(db, name).onSnapshot((snapshot) => {
    latest = isAnnounced(snapshot) ? readCall(snapshot) : "unknown";
    if (latest === "unknown" || decided.has(latest.status)) decision.resolve();
  }, decision.reject);
  signal.addEventListener("abort", () => decision.resolve(), { signal: timer.signal });
  clock.sleep(ms, timer.signal).then(decision.resolve, () => undefined);
  try {
    await decision.promise;
    return latest;
  } finally {
    unsubscribe();
    timer.abort();
  }
}

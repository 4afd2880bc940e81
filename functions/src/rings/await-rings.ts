import { watchUntil } from "../firestore/watch-until.ts";
import type { Services } from "../services.ts";
import type { CallStatus } from "../wire.ts";
import { byCreation, ringsOf, subscribeToRing, type RingFilter } from "./find-rings.ts";
import { readStored, type StoredRing } from "./ring.ts";
import { summarizeRings, type Summary } from "./summarize-rings.ts";

/** The statuses that end a PBX's wait: it knows then what to do with its caller. */
const decided = new Set<CallStatus>(["ready", "answered", "declined", "ended", "failed"]);

/** Timeout of a wait, in milliseconds; `signal` is aborted when the client disconnects. */
export interface Wait {
  readonly ms: number;
  readonly signal: AbortSignal;
}

/** The rings at the end of a wait, oldest first, and their summary. */
export interface Awaited {
  readonly rings: readonly StoredRing[];
  readonly summary: Summary;
}

/**
 * Waits until a phone is ready or has answered, all have declined, no phone can be reached or the rings are over, and
 * returns the rings as they are then, or on timeout. Without rings it returns at once. `undefined` means that Firestore
 * sent nothing in that time.
 */
export async function awaitRings(
  services: Services,
  filter: RingFilter,
  { ms, signal }: Wait,
): Promise<Awaited | undefined> {
  const { clock } = services;
  const rings = await watchUntil<readonly StoredRing[]>(
    clock,
    (onNext, onError) =>
      ringsOf(services, filter).onSnapshot(
        ({ docs }) => onNext(docs.flatMap((doc) => readStored(doc) ?? []).toSorted(byCreation)),
        onError,
      ),
    { ms, signal, settlesInMs: (seen) => findDecisionMs(seen, clock.now()) },
  );
  return rings && { rings, summary: summarizeRings(rings, clock.now()) };
}

/** Waits as {@link awaitRings} does for one ring, and returns its status; `undefined` if Firestore sent nothing. */
export async function awaitRing(services: Services, ringId: string, wait: Wait): Promise<CallStatus | undefined> {
  const { clock } = services;
  const stored = await watchUntil(clock, subscribeToRing(services, ringId), {
    ...wait,
    settlesInMs: (seen) => findDecisionMs(seen === undefined ? [] : [seen], clock.now()),
  });
  return stored && summarizeRings([stored], clock.now()).status;
}

/**
 * Milliseconds until rings are decided by time alone, which only the end of a ring time can do; 0 if they are decided.
 */
function findDecisionMs(rings: readonly StoredRing[], now: number): number {
  const isDecided = (at: number) => decided.has(summarizeRings(rings, at).status);
  if (isDecided(now)) return 0;
  const ends = rings.map(({ ring }) => ring.ringEndsAt.toMillis()).filter((at) => at > now);
  const at = ends.toSorted((one, other) => one - other).find(isDecided);
  return at === undefined ? Number.POSITIVE_INFINITY : at - now;
}

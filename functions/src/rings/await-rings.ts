import { watchUntil } from "../firestore/watch-until.ts";
import type { Services } from "../services.ts";
import type { CallStatus } from "../wire.ts";
import { byCreation, ringsOf, subscribeToRing, type RingFilter } from "./find-rings.ts";
import { readStored, type StoredRing } from "./ring.ts";
import { summarizeRings, type Summary } from "./summarize-rings.ts";

/** What a PBX waits for: from here on it knows what to do with its caller. */
const decided = new Set<CallStatus>(["ready", "answered", "declined", "ended", "failed"]);

/** For how long to wait, in milliseconds, and when to stop: `signal` is aborted when the client has hung up. */
export interface Wait {
  readonly ms: number;
  readonly signal: AbortSignal;
}

/** Rings as they were when a wait ended, oldest first, and how they stand together. */
export interface Awaited {
  readonly rings: readonly StoredRing[];
  readonly summary: Summary;
}

/**
 * Waits until a phone is ready or has answered, all have declined, no phone can be reached or the rings are over, and
 * returns the rings as they are then, or at the end of the time. Without rings it returns at once. `undefined` means that
 * Firestore has sent nothing in that time.
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

/** Waits as {@link awaitRings} does for one ring, and returns how it stands; `undefined` when Firestore has sent nothing. */
export async function awaitRing(services: Services, ringId: string, wait: Wait): Promise<CallStatus | undefined> {
  const { clock } = services;
  const stored = await watchUntil(clock, subscribeToRing(services, ringId), {
    ...wait,
    settlesInMs: (seen) => findDecisionMs(seen === undefined ? [] : [seen], clock.now()),
  });
  return stored && summarizeRings([stored], clock.now()).status;
}

/** Milliseconds until rings are decided by time alone; 0 when they are. Nothing but the end of a ring's time can do that. */
function findDecisionMs(rings: readonly StoredRing[], now: number): number {
  const isDecided = (at: number) => decided.has(summarizeRings(rings, at).status);
  if (isDecided(now)) return 0;
  const ends = rings.map(({ ring }) => ring.ringEndsAt.toMillis()).filter((at) => at > now);
  const at = ends.toSorted((one, other) => one - other).find(isDecided);
  return at === undefined ? Number.POSITIVE_INFINITY : at - now;
}

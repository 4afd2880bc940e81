import type { Services } from "../services.ts";
import type { CallStatus } from "../wire.ts";
import { endGroups } from "./end-groups.ts";
import { closes, findDue, isAnswer, reaches, rememberEnd, type RingEnd } from "./remember-end.ts";
import type { Ring } from "./ring.ts";
import { summarizeRings } from "./summarize-rings.ts";
import { tellAbandoned } from "./tell-abandoned.ts";
import { tellPhones } from "./tell-phones.ts";

/** The status of the call after an end, and for how many phones FCM accepted the end push. */
export interface Ended {
  readonly status: CallStatus;
  readonly notified: number;
}

/** A ring that is still gone then has lost the ring that it had joined: Firestore's TTL removes them one by one. */
const maxTries = 3;

/**
 * Ends only the rings that an end names: those of a `ring_id`, announced already or later, for good; the living rings
 * of an exten, or if it has none those of the next ten seconds; the rings of the call and those of the next ten
 * seconds. Every phone that must stop is told; a repeat tells the phones that could not be told before. Returns
 * `undefined` if the call is unknown; the end is remembered all the same. Throws {@link AccessDenied} if the key does
 * not allow it, and {@link TryAgain} if a phone could not be told.
 */
export async function endRings(services: Services, end: RingEnd): Promise<Ended | undefined> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const ended = await tryEnd(services, end);
    // The rings that it was to end are gone: their phones could not be looked up. It may have to be remembered instead.
    if (ended !== "gone") return ended;
  }
  return undefined;
}

async function tryEnd(services: Services, end: RingEnd): Promise<Ended | "gone" | undefined> {
  const rings = await rememberEnd(services, end);
  const how = {
    reason: end.reason,
    // Rings that were created after this list was read ring on.
    answeredAt: isAnswer(end) ? rings.at(-1)?.createTime : undefined,
    closes: (ring: Ring, now: number) => closes(end, ring, now),
  };
  const due = findDue(services, end, rings);
  const { groups, notified } = await endGroups(services, due, how, async (changed) => {
    return (await tellPhones(services, changed)) + (await tellAbandoned(services, changed));
  });
  if (groups.length === 0 && due.length > 0) return "gone";
  // The status of other extens is not for a key that is not for them.
  const own = rings.filter((stored) => reaches(end, stored));
  if (own.length === 0) return undefined;
  const after = new Map(groups.flat().map((stored) => [stored.id, stored]));
  const standing = own.map((stored) => after.get(stored.id) ?? stored);
  return { status: summarizeRings(standing, services.clock.now()).status, notified };
}

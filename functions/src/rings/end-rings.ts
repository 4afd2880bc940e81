import type { Services } from "../services.ts";
import type { CallStatus } from "../wire.ts";
import { endGroups } from "./end-groups.ts";
import { closes, findDue, isAnswer, rememberEnd, type RingEnd } from "./remember-end.ts";
import type { Ring } from "./ring.ts";
import { summarizeRings } from "./summarize-rings.ts";
import { tellAbandoned } from "./tell-abandoned.ts";
import { tellPhones } from "./tell-phones.ts";

/** How the call stands after an end, and how many phones FCM took the end push for. */
export interface Ended {
  readonly status: CallStatus;
  readonly notified: number;
}

/**
 * Ends what an end names and nothing else: the rings of a `ring_id`, known or still to come, for good; the living rings of
 * an exten, or if it has none those of the next ten seconds; the rings of the call and those of the next ten seconds. Every
 * phone that is to stop is told. Again, it tells the phones that could not be told before. Returns `undefined` when nothing
 * is known of the call; the end is remembered all the same. Throws {@link AccessDenied} when the key does not reach so far,
 * and {@link TryAgain} when a phone could not be told.
 */
export async function endRings(services: Services, end: RingEnd): Promise<Ended | undefined> {
  const rings = await rememberEnd(services, end);
  const how = {
    reason: end.reason,
    isAnswer: isAnswer(end),
    closes: (ring: Ring, now: number) => closes(end, ring, now),
  };
  const { groups, notified } = await endGroups(services, findDue(services, end, rings), how, async (changed) => {
    return (await tellPhones(services, changed)) + (await tellAbandoned(services, changed));
  });
  if (rings.length === 0) return undefined;
  const after = new Map(groups.flat().map((stored) => [stored.id, stored]));
  const standing = rings.map((stored) => after.get(stored.id) ?? stored);
  return { status: summarizeRings(standing, services.clock.now()).status, notified };
}

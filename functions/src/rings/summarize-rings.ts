import type { CallStatus, EndReason } from "../wire.ts";
import { isActive, isLiving, statusAt } from "./group.ts";
import type { StoredRing } from "./ring.ts";

/** The combined status of rings, and the rings that decide it. */
export interface Summary {
  readonly status: CallStatus;
  readonly reason?: EndReason;
  readonly rings: readonly StoredRing[];
}

/** The combined status of several rings is the first of these that any of them has. */
const precedence: readonly CallStatus[] = ["answered", "ready", "notified", "waking", "declined", "ended", "failed"];

/**
 * The combined status of a call's rings, oldest first: that of the living ones, else that of the newest and those with
 * the same `ring_id`. `failed` without rings.
 */
export function summarizeRings(rings: readonly StoredRing[], now: number): Summary {
  const living = rings.filter(({ ring }) => isLiving(ring, now));
  const decisive = living.length > 0 ? living : findNewest(rings, now);
  const standings = decisive.map(({ ring }) => statusAt(ring, now));
  const status = precedence.find((one) => standings.some((standing) => standing.status === one)) ?? "failed";
  const reason = standings.findLast((standing) => standing.status === status)?.reason;
  return { status, ...(reason !== undefined && { reason }), rings: decisive };
}

/** If the newest ring was answered elsewhere, the answered ring of the call decides too. */
function findNewest(rings: readonly StoredRing[], now: number): readonly StoredRing[] {
  const newest = rings.at(-1);
  if (newest === undefined) return [];
  const { pbxRingId, endReason } = newest.ring;
  return rings.filter((stored) => {
    const { ring } = stored;
    const isNamedAlike = pbxRingId !== undefined && ring.pbxRingId === pbxRingId;
    const isElsewhere = endReason === "answered_elsewhere" && isActive(ring, now);
    return stored === newest || isNamedAlike || isElsewhere;
  });
}

import type { CallStatus, EndReason } from "../wire.ts";
import { isActive, isLiving, statusAt } from "./group.ts";
import type { StoredRing } from "./ring.ts";

/** How rings stand together, and which of them decide that. */
export interface Summary {
  readonly status: CallStatus;
  readonly reason?: EndReason;
  readonly rings: readonly StoredRing[];
}

/** Of several rings the first of these that one of them has is how they stand. */
const precedence: readonly CallStatus[] = ["answered", "ready", "notified", "waking", "declined", "ended", "failed"];

/**
 * How rings of a call, oldest first, stand together: by those that live, else by the newest, with those that the PBX has
 * given the same name. `failed` without rings.
 */
export function summarizeRings(rings: readonly StoredRing[], now: number): Summary {
  const living = rings.filter(({ ring }) => isLiving(ring, now));
  const decisive = living.length > 0 ? living : findNewest(rings, now);
  const standings = decisive.map(({ ring }) => statusAt(ring, now));
  const status = precedence.find((one) => standings.some((standing) => standing.status === one)) ?? "failed";
  const reason = standings.findLast((standing) => standing.status === status)?.reason;
  return { status, ...(reason !== undefined && { reason }), rings: decisive };
}

/** Where the newest ring was answered elsewhere, elsewhere is another ring of the call, which says so. */
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

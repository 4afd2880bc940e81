import { rememberedMs } from "./ends.ts";
import { isCreatedBefore } from "./find-rings.ts";
import { isLiving } from "./group.ts";
import type { Ring, StoredRing } from "./ring.ts";

/** The ring that an announcement without a `ring_id` refers to. */
export interface Recent {
  readonly kind: "repeated" | "over";
  readonly ringId: string;
}

/**
 * An announcement without a `ring_id` repeats a living ring of the exten, else it refers to one that has just ended.
 */
export function findRecent(ofExten: readonly StoredRing[], now: number): Recent | undefined {
  const living = ofExten.findLast(({ ring }) => isLiving(ring, now));
  if (living !== undefined) return { kind: "repeated", ringId: living.id };
  const ended = ofExten.findLast(({ ring }) => hasJustEnded(ring, now));
  return ended && { kind: "over", ringId: ended.id };
}

/** The earlier ring of its exten that a ring without a `ring_id` repeats, if there is one among `rings`. */
export function findRepeated(stored: StoredRing, rings: readonly StoredRing[], now: number): Recent | undefined {
  if (stored.ring.pbxRingId !== undefined) return undefined;
  const earlier = rings.filter((other) => other.id !== stored.id && isCreatedBefore(other, stored));
  return findRecent(
    earlier.filter(({ ring }) => ring.exten === stored.ring.exten),
    now,
  );
}

/**
 * Whether an unanswered ring was ended less than ten seconds ago: an announcement without a `ring_id` still refers to
 * it.
 */
function hasJustEnded({ answeredAt, endedAt, silencedAt, ringEndsAt }: Ring, now: number): boolean {
  if (endedAt === undefined || silencedAt !== undefined || answeredAt !== undefined) return false;
  // An end after the ring time found a ring that was over before.
  return endedAt.toMillis() < ringEndsAt.toMillis() && now - endedAt.toMillis() < rememberedMs;
}

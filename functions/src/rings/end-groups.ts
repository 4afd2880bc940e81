import { Timestamp } from "firebase-admin/firestore";
import { settleAll } from "../settle-all.ts";
import type { Services } from "../services.ts";
import type { EndReason } from "../wire.ts";
import { changeRing, type Changed } from "./change-ring.ts";
import { isGroupLiving, withRings, type Group } from "./group.ts";
import { isSameRing, type Ring, type StoredRing } from "./ring.ts";

/** Why rings end, and which rings are closed in their current state. */
export interface GroupEnd {
  readonly reason: EndReason;
  /** If an answer ends them: when it came, by Firestore's clock. */
  readonly answeredAt?: Timestamp | undefined;
  readonly closes: (ring: Ring, now: number) => boolean;
}

/** The rings after the end, and for how many phones FCM accepted the end push. */
export interface EndedGroups {
  readonly groups: readonly Group[];
  readonly notified: number;
}

/**
 * Ends rings, each with those that share its phones, and tells the phones by `tell`. A failure of one does not stop the
 * others; it is thrown at the end.
 */
export async function endGroups(
  services: Services,
  rings: readonly StoredRing[],
  { reason: endReason, answeredAt, closes }: GroupEnd,
  tell: (changed: Changed) => Promise<number>,
): Promise<EndedGroups> {
  const endedAt = Timestamp.fromMillis(services.clock.now());
  const end = { endedAt, endReason, ...(answeredAt !== undefined && { silencedAt: answeredAt }) };
  const endRing = (ring: Ring): Ring =>
    ring.endedAt === undefined ? { ...ring, ...end } : { ...ring, isForGood: true };
  const byLeader = Map.groupBy(rings, ({ id, ring }) => ring.joined ?? id);
  const done = await settleAll(
    [...byLeader].map(async ([leaderId, members]) => {
      const known = members.find(({ id }) => id === leaderId);
      const isMember = (stored: StoredRing) => members.some((member) => isSameRing(member, stored));
      const endAll = (group: Group, now: number) => {
        return withRings(group, (ring, stored) => (isMember(stored) && closes(ring, now) ? endRing(ring) : ring));
      };
      const changed = await changeRing(services, leaderId, endAll, known === undefined ? {} : { known });
      if (changed !== undefined && !isGroupLiving(changed.group, services.clock.now())) {
        services.pushing.get(leaderId)?.abort();
      }
      return changed && { group: changed.group, notified: await tell(changed) };
    }),
  );
  const ended = done.filter((one) => one !== undefined);
  return {
    groups: ended.map(({ group }) => group),
    notified: ended.reduce((sum, one) => sum + one.notified, 0),
  };
}

import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { EndReason } from "../wire.ts";
import { changeRing, type Changed } from "./change-ring.ts";
import { withRings } from "./group.ts";
import type { StoredRing } from "./ring.ts";

/** Ends rings, whose phones are marked then; each is changed with the rings that share its phones. */
export async function endGroups(
  services: Services,
  rings: readonly StoredRing[],
  endReason: EndReason,
): Promise<readonly Changed[]> {
  const endedAt = Timestamp.fromMillis(services.clock.now());
  const groups = Map.groupBy(rings, ({ id, ring }) => ring.joined ?? id);
  const changes = await Promise.all(
    [...groups].map(async ([leaderId, members]) => {
      const ids = new Set(members.map(({ id }) => id));
      const known = members.find(({ id }) => id === leaderId);
      return changeRing(
        services,
        leaderId,
        (group) =>
          withRings(group, (ring, id) => {
            return ids.has(id) && ring.endedAt === undefined ? { ...ring, endedAt, endReason } : ring;
          }),
        known === undefined ? {} : { known },
      );
    }),
  );
  return changes.filter((changed) => changed !== undefined);
}

import { listLinesOfUser, releaseLine, wasAssignedBefore } from "../lines/lines.ts";
import { findUnsettled } from "../rings/find-rings.ts";
import { lineOf, ringRef } from "../rings/ring.ts";
import type { Services } from "../services.ts";

/** Releases the lines of a user, and returns their extens. */
export async function eraseLines(services: Services, uid: string, isDryRun: boolean): Promise<readonly string[]> {
  const extens: string[] = [];
  for (const { exten } of await listLinesOfUser(services, uid)) {
    if (isDryRun || (await releaseLine(services, exten, uid)) !== undefined) extens.push(exten);
  }
  return extens;
}

/**
 * Deletes the rings under way of released lines, and returns their number: they would name their user as soon as FCM
 * answers.
 */
export async function eraseUnsettled(services: Services, extens: readonly string[]): Promise<number> {
  if (extens.length === 0) return 0;
  const unsettled = (await findUnsettled(services)).filter(({ ring }) => extens.includes(lineOf(ring)));
  let count = 0;
  for (const { id, ring, createTime } of unsettled) {
    // The line may be another user's by now, and so may the ring.
    if (await wasAssignedBefore(services, lineOf(ring), createTime)) continue;
    await ringRef(services.db, id).delete();
    count += 1;
  }
  return count;
}

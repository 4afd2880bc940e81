import type { Services } from "../../services.ts";
import { findLeader, findLeaders } from "../../rings/find-rings.ts";
import { statusAt } from "../../rings/group.ts";
import type { Ring, StoredRing } from "../../rings/ring.ts";
import type { CallStatus } from "../../wire.ts";
import type { RingPhone, RingRow } from "../wire.ts";
import { isoTime } from "./time.ts";

/** The rows of rings; those that have joined another ring have its phones. */
export async function describeRings(
  { db, clock }: Pick<Services, "db" | "clock">,
  rings: readonly StoredRing[],
): Promise<readonly RingRow[]> {
  const all = [...rings, ...(await findLeaders({ db }, rings))];
  const now = clock.now();
  return rings.map((stored) => describeRing(stored, findLeader(stored, all).ring.phones, now));
}

/** In these a phone rings, or is about to. */
const open: ReadonlySet<CallStatus> = new Set(["waking", "notified", "ready"]);

/** A ring with the phones that rang for it. */
export function describeRing({ id, ring }: StoredRing, phones: Ring["phones"], now: number): RingRow {
  const { pbxId, linkedId, pbxRingId, exten, uid, createdAt } = ring;
  const standing = statusAt(ring, now);
  const announcedAt = createdAt.toMillis();
  const readyTimes = Object.values(phones).flatMap(({ readyAt }) => readyAt?.toMillis() ?? []);
  return {
    callId: id,
    pbxId,
    linkedId,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    ...(uid !== undefined && { uid }),
    ...standing,
    announcedAt: isoTime(announcedAt),
    phones: Object.entries(phones).map(([deviceId, phone]) => describePhone(deviceId, phone)),
    ...(readyTimes.length > 0 && { readyMs: Math.max(0, Math.min(...readyTimes) - announcedAt) }),
    isOpen: open.has(standing.status),
  };
}

function describePhone(deviceId: string, { state, error }: Ring["phones"][string]): RingPhone {
  return { deviceId, state, ...(error !== undefined && { error }) };
}

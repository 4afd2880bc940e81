import { isLiving, statusAt } from "../../../functions/src/rings/group.ts";
import type { Ring } from "../../../functions/src/rings/ring.ts";
import type { HistoryEntry } from "../wire.ts";

/** A ring on record. */
export interface RecordedRing {
  readonly id: string;
  readonly ring: Ring;
}

/** The calls that rings belong to, a line each; both newest first. Forty tries of a queue are one missed call. */
export function foldRings(rings: readonly RecordedRing[], now: number): HistoryEntry[] {
  return [...Map.groupBy(rings, ({ ring }) => ring.callKey).values()].map((ofCall) => foldCall(ofCall, now));
}

/** What became of a call: it was answered if one of its rings was, it rings while one of them does, else the last ring says. */
function foldCall(rings: readonly RecordedRing[], now: number): HistoryEntry {
  const decisive = rings.find(isAnswered) ?? rings.find(({ ring }) => isLiving(ring, now)) ?? rings[0]!;
  const { callerId, callerName, ringEndsAt } = decisive.ring;
  const { status, reason } = statusAt(decisive.ring, now);
  const answeredBy = findAnswerer(decisive.ring);
  return {
    callId: decisive.id,
    callerId,
    callerName,
    extens: [...new Set(rings.toReversed().map(({ ring }) => ring.exten))],
    createdAt: rings[0]!.ring.createdAt.toDate().toISOString(),
    status,
    ...(reason !== undefined && { endReason: reason }),
    ...(answeredBy !== undefined && { answeredBy }),
    ...(isLiving(decisive.ring, now) && { ringEndsAt: ringEndsAt.toDate().toISOString() }),
    // One that has joined another rang no phone by itself.
    rings: rings.filter(({ ring }) => ring.joined === undefined).length,
  };
}

/** By one of the user's phones, or by a desk phone of the exten. */
function isAnswered({ ring }: RecordedRing): boolean {
  return ring.answeredAt !== undefined || ring.endReason === "answered" || findAnswerer(ring) !== undefined;
}

function findAnswerer({ phones }: Ring): string | undefined {
  return Object.entries(phones).find(([, { state }]) => state === "answered")?.[0];
}

import type { CallStatus, EndReason } from "../../../functions/src/wire.ts";

/** A time as in Firestore's SDKs. */
export interface Timestamp {
  toMillis(): number;
}

/** The fields of a document of `rings` that the history needs, and its id. */
export interface RecordedRing {
  readonly id: string;
  /** The key that all rings of one call share. */
  readonly callKey: string;
  readonly exten: string;
  /** Empty when withheld. */
  readonly callerId: string;
  readonly callerName: string;
  readonly status: CallStatus;
  /** By device id. */
  readonly phones: Readonly<Record<string, { readonly state: string }>>;
  /** The ring whose phones also rang for this one; absent if it rang its own. */
  readonly joined?: string;
  readonly createdAt: Timestamp;
  readonly ringEndsAt: Timestamp;
  readonly answeredAt?: Timestamp;
  readonly endedAt?: Timestamp;
  readonly endReason?: EndReason;
}

/** One call of the history, over all its rings. Times are in milliseconds since the epoch. */
export interface HistoryCall {
  /** The ring that decides the call's status. */
  readonly callId: string;
  readonly callerId: string;
  readonly callerName: string;
  /** The numbers that rang, in their order. */
  readonly extens: readonly string[];
  /** When it rang last. */
  readonly createdAt: number;
  readonly status: CallStatus;
  readonly endReason?: EndReason;
  /** The device that answered, if it was one of the user's own. */
  readonly answeredBy?: string;
  /** When it becomes a missed call; only while it rings. */
  readonly ringEndsAt?: number;
  /** How often it has rung. */
  readonly rings: number;
}

/**
 * Groups rings into calls, both newest first: forty tries of a queue are one missed call. `now` is in milliseconds
 * since the epoch.
 */
export function foldRings(rings: readonly RecordedRing[], now: number): HistoryCall[] {
  const calls = new Map<string, [RecordedRing, ...RecordedRing[]]>();
  for (const ring of rings) {
    const ofCall = calls.get(ring.callKey);
    if (ofCall === undefined) calls.set(ring.callKey, [ring]);
    else ofCall.push(ring);
  }
  return [...calls.values()].map((ofCall) => foldCall(ofCall, now));
}

/**
 * A call was answered if one of its rings was; it rings while one of them rings; else its last ring decides its status.
 */
function foldCall(rings: readonly [RecordedRing, ...RecordedRing[]], now: number): HistoryCall {
  const [latest] = rings;
  const decisive = rings.find(isAnswered) ?? rings.find((ring) => isLiving(ring, now)) ?? latest;
  const { id, callerId, callerName, ringEndsAt } = decisive;
  const answeredBy = findAnswerer(decisive);
  return {
    callId: id,
    callerId,
    callerName,
    extens: [...rings.reduceRight((extens, { exten }) => extens.add(exten), new Set<string>())],
    createdAt: latest.createdAt.toMillis(),
    ...readOutcome(decisive, now),
    ...(answeredBy !== undefined && { answeredBy }),
    ...(isLiving(decisive, now) && { ringEndsAt: ringEndsAt.toMillis() }),
    // A ring that joined another rang no phones of its own.
    rings: rings.filter(({ joined }) => joined === undefined).length,
  };
}

/** Without an answer or an end, a ring is missed after its ring time, whatever status is stored. */
function readOutcome(ring: RecordedRing, now: number): Pick<HistoryCall, "status" | "endReason"> {
  const { status, endReason, ringEndsAt } = ring;
  const isDecided = status === "answered" || status === "declined" || status === "ended";
  if (!isDecided && now >= ringEndsAt.toMillis()) return { status: "ended", endReason: "missed" };
  return { status, ...(endReason !== undefined && { endReason }) };
}

function isLiving({ answeredAt, endedAt, ringEndsAt }: RecordedRing, now: number): boolean {
  return answeredAt === undefined && endedAt === undefined && now < ringEndsAt.toMillis();
}

/** By one of the user's phones, or by a desk phone of the exten. */
function isAnswered(ring: RecordedRing): boolean {
  return ring.answeredAt !== undefined || ring.endReason === "answered" || findAnswerer(ring) !== undefined;
}

function findAnswerer({ phones }: RecordedRing): string | undefined {
  return Object.entries(phones).find(([, { state }]) => state === "answered")?.[0];
}

import { randomUUID } from "node:crypto";
import { Timestamp, type Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import {
  callRef,
  isAnnounced,
  isRecordedAlready,
  readCall,
  type CallDocument,
  type CallName,
  type ExtenRecord,
} from "./call.ts";
import { changeCall, type WrittenCall } from "./change-call.ts";
import { deriveStatus } from "./state.ts";

/** One exten of one call that is to ring, as the PBX announces it. */
export interface Wake extends CallName {
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly ringSeconds: number;
}

/** The right to push for one exten of a call, and what was known of the call when it was won. */
export interface Claim {
  readonly id: string;
  /** Whether the call was over before it could ring: nobody is to be woken. */
  readonly isOver: boolean;
  /** Whether a request that has died had it before: what it has pushed may not be on record. */
  readonly isTakeover: boolean;
  /** Milliseconds since the epoch; a takeover inherits it, since a phone rings no longer for being woken late. */
  readonly ringEndsAt: number;
  /** When another request may take over, in milliseconds since the epoch: from then on this one sends nothing. */
  readonly heldUntil: number;
  /** What has been recorded of the call's phones so far. */
  readonly devices: CallDocument["devices"];
  /** The extens that were recorded before this one: phones they share are theirs to wake. */
  readonly earlierExtens: readonly string[];
  /** The record as this request has made it; absent when it was there before. */
  readonly written?: WrittenCall;
}

/** How long a call stays in the history. */
const historyMs = 30 * 24 * 60 * 60 * 1000;

/**
 * As long as a call push may take with its retry, and so much less than a PBX waits that a repeat which takes over from a
 * dead request still answers in time.
 */
const leaseMs = 8500;

/**
 * Records that a call rings an exten. Returns the claim when this request is the one to push, and `undefined` when
 * another has pushed or is still at it. The first exten of a call, which is nearly every call, costs one round trip;
 * only a repeat or a ring group reads before it writes.
 */
export async function recordCall(services: Services, wake: Wake): Promise<Claim | undefined> {
  const now = services.clock.now();
  const record = buildExtenRecord(wake, now);
  try {
    const call = buildCall(wake, record, now);
    const { writeTime } = await callRef(services.db, wake).create(call);
    return { ...buildClaim(record, {}, []), written: { call, at: writeTime } };
  } catch (error) {
    if (!isRecordedAlready(error)) throw error;
  }
  return services.db.runTransaction((transaction) => joinCall(transaction, services, wake, record));
}

/** Gives a claim up, so that a repeat need not wait for it to run out. */
export async function releaseClaim(services: Services, wake: Wake, claim: Claim): Promise<void> {
  const wakingUntil = Timestamp.fromMillis(services.clock.now());
  await changeCall(services, callRef(services.db, wake), ({ extens }) => {
    const record = extens[wake.exten];
    if (record?.claim !== claim.id) return undefined;
    return { extens: { ...extens, [wake.exten]: { ...record, wakingUntil } } };
  });
}

async function joinCall(
  transaction: Transaction,
  { db, clock }: Services,
  wake: Wake,
  record: ExtenRecord,
): Promise<Claim | undefined> {
  const snapshot = await transaction.get(callRef(db, wake));
  const call = readCall(snapshot);
  const known = call.extens[wake.exten];
  const order = known?.order ?? Object.keys(call.extens).length;
  const earlier = Object.keys(call.extens).filter((exten) => (call.extens[exten]?.order ?? order) < order);
  // The create() went through and its answer was lost: the SDK tries again, and finds what it wrote itself.
  if (known?.claim === record.claim) return buildClaim(record, call.devices, earlier);
  if (known !== undefined && (known.status !== undefined || known.wakingUntil.toMillis() > clock.now()))
    return undefined;
  const isOver = call.endedAt !== undefined;
  const claimed = {
    ...record,
    order,
    ...(known && { ringEndsAt: known.ringEndsAt }),
    ...(isOver && ({ status: "ended", devices: 0, accepted: 0 } as const)),
  };
  const extens = { ...call.extens, [wake.exten]: claimed };
  // The end of a call can overtake its beginning, and then knows nothing of the caller.
  const { callerId, callerName, callType, expireAt } = buildCall(wake, record, clock.now());
  const caller = isAnnounced(snapshot) ? {} : { callerId, callerName, callType, expireAt };
  transaction.update(snapshot.ref, { ...caller, extens, status: deriveStatus({ ...call, extens }) });
  return { ...buildClaim(claimed, call.devices, earlier), isOver, isTakeover: known !== undefined };
}

function buildClaim(record: ExtenRecord, devices: Claim["devices"], earlierExtens: readonly string[]): Claim {
  const [ringEndsAt, heldUntil] = [record.ringEndsAt.toMillis(), record.wakingUntil.toMillis()];
  return { id: record.claim, isOver: false, isTakeover: false, ringEndsAt, heldUntil, devices, earlierExtens };
}

function buildExtenRecord(wake: Wake, now: number): ExtenRecord {
  return {
    claim: randomUUID(),
    order: 0,
    wakingUntil: Timestamp.fromMillis(now + leaseMs),
    ringEndsAt: Timestamp.fromMillis(now + wake.ringSeconds * 1000),
  };
}

function buildCall(wake: Wake, record: ExtenRecord, now: number): CallDocument {
  return {
    pbxId: wake.pbxId,
    linkedId: wake.linkedId,
    uids: [],
    extens: { [wake.exten]: record },
    callerId: wake.callerId,
    callerName: wake.callerName,
    callType: wake.callType,
    status: "waking",
    devices: {},
    createdAt: Timestamp.fromMillis(now),
    expireAt: Timestamp.fromMillis(now + historyMs),
  };
}

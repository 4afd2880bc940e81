import { Timestamp, type Transaction } from "firebase-admin/firestore";
import { hasCode } from "../errors.ts";
import type { Services } from "../services.ts";
import { callRef, readCall, type CallDocument, type CallName, type ExtenRecord } from "./call.ts";

/** One exten of one call that is to ring, as the PBX announces it. */
export interface Wake extends CallName {
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly ringSeconds: number;
}

/**
 * What the record says about who pushes.
 *
 * - `mine`: nobody has pushed for this exten yet, or whoever was at it died; `reached` are the phones that got theirs.
 * - `others`: the same request came before; `extens[exten]` says how it ended, or that it is still under way.
 */
export type Claim =
  | { readonly by: "mine"; readonly ringEndsAt: number; readonly reached: CallDocument["devices"] }
  | { readonly by: "others" };

const historyMs = 30 * 24 * 60 * 60 * 1000;

/** Longer than a call push may take with its retry, shorter than a PBX would try again for the third time. */
const wakingMs = 15_000;

/** Firestore's code for a `create()` of a document that is there. */
const alreadyExists = 6;

/**
 * Records that a call rings an exten, and tells whether this request is the one to push. The first exten of a call,
 * which is nearly every call, costs one round trip; only a repeat or a ring group reads before it writes.
 */
export async function recordCall(services: Services, wake: Wake): Promise<Claim> {
  const now = services.clock.now();
  const record = buildExtenRecord(wake, now);
  try {
    await callRef(services.db, wake).create(buildCall(wake, record, now));
    return { by: "mine", ringEndsAt: record.ringEndsAt.toMillis(), reached: {} };
  } catch (error) {
    if (!hasCode(error, alreadyExists)) throw error;
  }
  return services.db.runTransaction(async (transaction) => joinCall(transaction, services, wake, record));
}

async function joinCall(
  transaction: Transaction,
  { db, clock }: Services,
  wake: Wake,
  record: ExtenRecord,
): Promise<Claim> {
  const snapshot = await transaction.get(callRef(db, wake));
  const call = readCall(snapshot);
  const known = call.extens[wake.exten];
  if (known !== undefined && (known.status !== undefined || known.wakingUntil.toMillis() > clock.now())) {
    return { by: "others" };
  }
  // A waker that died leaves its ring time behind: the phone rings no longer for being woken late.
  const claimed = known === undefined ? record : { ...known, wakingUntil: record.wakingUntil };
  transaction.set(snapshot.ref, { extens: { [wake.exten]: claimed } }, { merge: true });
  return { by: "mine", ringEndsAt: claimed.ringEndsAt.toMillis(), reached: call.devices };
}

function buildExtenRecord(wake: Wake, now: number): ExtenRecord {
  return {
    wakingUntil: Timestamp.fromMillis(now + wakingMs),
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

import type { DocumentReference, DocumentSnapshot, Firestore, Timestamp } from "firebase-admin/firestore";
import { hasStatus } from "../firestore/status.ts";
import type { CallStatus, EndReason } from "../wire.ts";

/** How waking one exten ended. `ended` is a call that was over before its push could leave. */
export type WakeStatus = "notified" | "no_devices" | "push_failed" | "ended";

/** The outcome of waking an exten: `devices` phones ring for it, FCM took the push for `accepted` of them. */
export interface WakeAnswer {
  readonly status: WakeStatus;
  readonly devices: number;
  readonly accepted: number;
}

/** One exten that the call rings. The answer is absent while its phones are being pushed to. */
export interface ExtenRecord extends Partial<WakeAnswer> {
  /** Names the request that pushes: a successor's claim has another. */
  readonly claim: string;
  /** 0 for the exten that came first. A phone that several extens ring belongs to the earliest. */
  readonly order: number;
  /** Until then the waker that wrote this is at work; after that, a retry may take over. */
  readonly wakingUntil: Timestamp;
  readonly ringEndsAt: Timestamp;
  /** Set when this exten stopped ringing before the call was over. */
  readonly endReason?: EndReason;
}

/** How one phone of a call stands; `transitions` in state.ts says what follows what. */
export type DeviceState = "failed" | "accepted" | "received" | "ready" | "answered" | "declined" | "ended";

/** One phone of a call: what became of its push, what it reported, and when it was told to stop. */
export interface CallDevice {
  readonly exten: string;
  readonly state: DeviceState;
  readonly messageId?: string;
  /** Why the push failed: an FCM error code or one of the client's own. */
  readonly error?: string;
  readonly acceptedAt?: Timestamp;
  readonly receivedAt?: Timestamp;
  readonly readyAt?: Timestamp;
  readonly answeredAt?: Timestamp;
  readonly declinedAt?: Timestamp;
  /** Why it was made to stop ringing. */
  readonly endReason?: EndReason;
  /** When FCM had answered for its end push; absent while that is still to be sent. */
  readonly silencedAt?: Timestamp;
}

/** `calls/{callId}`: one call over all its legs. */
export interface CallDocument {
  readonly pbxId: string;
  readonly linkedId: string;
  readonly uids: readonly string[];
  readonly extens: Readonly<Record<string, ExtenRecord>>;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly status: CallStatus;
  readonly devices: Readonly<Record<string, CallDevice>>;
  readonly createdAt: Timestamp;
  readonly endedAt?: Timestamp;
  readonly endReason?: EndReason;
  /** When Firestore's TTL policy removes the call from the history. */
  readonly expireAt: Timestamp;
}

/** A PBX's own name for a call. Two PBXs can coin the same `linkedId`, so the pair is the identity. */
export interface CallName {
  readonly pbxId: string;
  readonly linkedId: string;
}

/** `<pbxId>~<linkedId>`: the call's id in Firestore and, opaque, on the phones. */
export function buildCallId({ pbxId, linkedId }: CallName): string {
  return `${pbxId}~${linkedId}`;
}

/** The document of a call. */
export function callRef(db: Firestore, name: CallName): DocumentReference {
  return db.collection("calls").doc(buildCallId(name));
}

/** Whether a `create()` failed because the call is on record already: Firestore's ALREADY_EXISTS. */
export function isRecordedAlready(error: unknown): boolean {
  return hasStatus(error, "ALREADY_EXISTS");
}

/** Reads a snapshot that exists; only this folder writes calls, so their shape is trusted. */
export function readCall(snapshot: DocumentSnapshot): CallDocument {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return snapshot.data() as CallDocument;
}

/** The call of that name, or `undefined` when it was never announced or has expired. */
export async function findCall(db: Firestore, name: CallName): Promise<CallDocument | undefined> {
  const snapshot = await callRef(db, name).get();
  return isAnnounced(snapshot) ? readCall(snapshot) : undefined;
}

/** Whether a PBX has announced this call: an end that came before its call leaves a record without an exten. */
export function isAnnounced(snapshot: DocumentSnapshot): boolean {
  return snapshot.exists && Object.keys(readCall(snapshot).extens).length > 0;
}

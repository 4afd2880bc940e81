import type {
  CollectionReference,
  DocumentReference,
  DocumentSnapshot,
  Firestore,
  Timestamp,
} from "firebase-admin/firestore";
import type { Platform } from "../devices/device.ts";
import type { ApnsEnvironment, Channel, Outcome } from "../transport/outcome.ts";
import type { CallStatus, EndReason, PhoneFailure, PushFacts } from "../wire.ts";
import { buildUuid } from "../uuid.ts";

/** The result of an announcement. `ended` is a ring that was over before its push was sent. */
export type AnswerStatus = "notified" | "no_devices" | "push_failed" | "ended";

/**
 * The answer to an announcement: the number of `devices` that ring for it, and for how many of them FCM accepted the
 * push.
 */
export interface Answer {
  readonly status: AnswerStatus;
  readonly devices: number;
  readonly accepted: number;
}

/** The answer for a ring that was over before it could begin. */
export const overBefore: Answer = { status: "ended", devices: 0, accepted: 0 };

/** The state of one phone of a ring; `phone-state.ts` has the table of transitions. */
export type PhoneState = "failed" | "accepted" | "received" | "ready" | "answered" | "declined" | "ended";

/** What a device was when a ring was pushed to it: it may be forgotten when someone asks why it did not ring. */
export interface PhoneDevice {
  readonly platform: Platform;
  readonly os?: string;
  readonly osVersion?: string;
  readonly model?: string;
  readonly appVersion?: string;
  /** What its system allowed the app, as the app said: notifications, a screen of its own, work in the background. */
  readonly notifications?: boolean;
  readonly fullScreen?: boolean;
  readonly batteryRestricted?: boolean;
  /** The environment of its VoIP token; absent if it had none. */
  readonly voip?: ApnsEnvironment;
  readonly lastSeenAt: Timestamp;
}

/** What FCM or APNs said of a push, and when. */
export interface PushAnswer {
  readonly status: Outcome["status"];
  /** Why it did not accept the push. */
  readonly code?: string;
  /** The environment of Apple's that the token belongs to, if the app had named the other one. */
  readonly environment?: ApnsEnvironment;
  readonly at: Timestamp;
}

/** What the services said of the pushes to one phone; absent for one that was not asked, or has not answered. */
export type PushAnswers = Readonly<Partial<Record<Channel, PushAnswer>>>;

/** One phone of a ring: the outcome of its push, its reports, and whether it was told to stop. */
export interface Phone {
  readonly state: PhoneState;
  readonly messageId?: string;
  /** Set if APNs took the push, also beside FCM: the phone shows the call. */
  readonly channel?: "apns";
  /** Why the push failed: an FCM error code or one of the client's own. */
  readonly error?: string;
  /** What FCM and APNs said; absent where one was asked and accepted the push. */
  readonly said?: PushAnswers;
  /** What the device was at the push; absent until the push is recorded. */
  readonly device?: PhoneDevice;
  /** The push failed, but FCM may have accepted it: it did not answer a try. */
  readonly mayBeDelivered?: true;
  readonly acceptedAt?: Timestamp;
  readonly receivedAt?: Timestamp;
  readonly readyAt?: Timestamp;
  readonly answeredAt?: Timestamp;
  readonly declinedAt?: Timestamp;
  /** When it said that it had stopped by itself. */
  readonly endedAt?: Timestamp;
  /** When it first said that it could not get to its PBX, and why. It may have been ready later. */
  readonly failedAt?: Timestamp;
  readonly failure?: PhoneFailure;
  /** What it said of its push. */
  readonly facts?: PushFacts;
  /** Why it was made to stop ringing. */
  readonly endReason?: EndReason;
  /** The request that may send the end push, and until when; after that another one may. */
  readonly telling?: { readonly by: string; readonly until: Timestamp };
  /** When FCM answered for the end push, or when no phone was left to tell. */
  readonly toldAt?: Timestamp;
}

/** `rings/{ringId}`: one exten of a call being rung once. Its owner may read it; nothing in it concerns another user. */
export interface Ring {
  /** `<pbxId>~<linkedId>`: what the rings of one call have in common. */
  readonly callKey: string;
  readonly pbxId: string;
  readonly linkedId: string;
  /** The PBX's id of this ring; absent if the PBX gave none. */
  readonly pbxRingId?: string;
  readonly exten: string;
  /** The line of the exten, where the PBX's key has an `extenPrefix`; absent where it is the exten itself. */
  readonly line?: string;
  /** The user who owns the exten and the phones; absent until a phone is recorded, and where the exten has no line. */
  readonly uid?: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  /** Derived from the other fields; `statusAt` combines it with the time. */
  readonly status: CallStatus;
  /** The request that may push, and until when: after that it sends nothing and another one may take over. */
  readonly claim: { readonly by: string; readonly until: Timestamp };
  /** The answer to the PBX; absent while pushes are being sent. */
  readonly answer?: Answer;
  /** By the `deviceId` of the ring's user. A ring that has joined another has none: it shares the phones of that ring. */
  readonly phones: Readonly<Record<string, Phone>>;
  /** The earlier ring of the same user and call whose phones ring for this one, too. */
  readonly joined?: string;
  /** The later rings that have joined this one. */
  readonly leads?: readonly string[];
  readonly createdAt: Timestamp;
  readonly ringEndsAt: Timestamp;
  /** By Firestore's clock: the answer silenced the rings created before it. */
  readonly answeredAt?: Timestamp;
  readonly endedAt?: Timestamp;
  readonly endReason?: EndReason;
  /**
   * If an answer ended it: when that came, by Firestore's clock. For the PBX's answer it is the creation time of the
   * newest ring at that moment. It closes nothing: the exten may be announced again at once.
   */
  readonly silencedAt?: Timestamp;
  /** An end by its `ring_id` came after the answer that had silenced it: a phone's late answer does not take it back. */
  readonly isForGood?: true;
  /** When Firestore's TTL policy removes it from the history. */
  readonly removeAt: Timestamp;
}

/** The line that a ring is for. */
export function lineOf({ exten, line = exten }: Pick<Ring, "exten" | "line">): string {
  return line;
}

/** A recorded ring with Firestore's own times. */
export interface StoredRing {
  readonly id: string;
  readonly ring: Ring;
  readonly createTime: Timestamp;
  readonly updateTime: Timestamp;
}

/** Whether two reads found the same ring: a later ring may have the id of one that was withdrawn. */
export function isSameRing(one: StoredRing, other: StoredRing): boolean {
  return one.id === other.id && one.createTime.isEqual(other.createTime);
}

/** The identity of a call: the PBX and its id of the call, since two PBXs may use the same `linkedId`. */
export interface CallName {
  readonly pbxId: string;
  readonly linkedId: string;
}

/** How long rings stay in the history, in milliseconds. */
export const historyMs = 30 * 24 * 60 * 60 * 1000;

/** The call's key in Firestore. */
export function buildCallKey({ pbxId, linkedId }: CallName): string {
  return `${pbxId}~${linkedId}`;
}

/** The id of a ring with a `ring_id`, or of the n-th ring without one; no `ring_id` begins with `#`. */
export function buildRingId({ pbxId, linkedId }: CallName, exten: string, name: string | number): string {
  return buildUuid(pbxId, linkedId, exten, typeof name === "number" ? `#${name}` : name);
}

/** The collection of rings. */
export function ringsRef(db: Firestore): CollectionReference {
  return db.collection("rings");
}

/** The document of a ring. */
export function ringRef(db: Firestore, ringId: string): DocumentReference {
  return ringsRef(db).doc(ringId);
}

/** Reads a snapshot that exists; only this folder writes rings, so their shape is trusted. */
export function readRing(snapshot: DocumentSnapshot): Ring {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return snapshot.data() as Ring;
}

/** The ring of a snapshot, or `undefined` if there is none. */
export function readStored(snapshot: DocumentSnapshot): StoredRing | undefined {
  const { createTime, updateTime } = snapshot;
  if (!snapshot.exists || createTime === undefined || updateTime === undefined) return undefined;
  return { id: snapshot.id, ring: readRing(snapshot), createTime, updateTime };
}

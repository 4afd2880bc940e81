import { Timestamp } from "firebase-admin/firestore";
import type { Device } from "../../devices/device.ts";
import type { Outcome } from "../../fcm/outcome.ts";
import type { Group } from "../group.ts";
import { buildCallKey, historyMs, type Answer, type CallName, type Ring, type StoredRing } from "../ring.ts";

/** One exten of a call that is to ring, as the PBX announces it. */
export interface Announcement extends CallName {
  readonly exten: string;
  /** What the PBX calls this ring: the same again is a repeat. Absent when it does not name its rings. */
  readonly pbxRingId?: string | undefined;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly ringSeconds: number;
  /** Whether another channel of the call may be announcing the same: the record is asked before the push leaves. */
  readonly isOneOfSeveral: boolean;
}

/** What came of an announcement, and the ring that it is about. */
export interface Announced {
  readonly ringId: string;
  readonly answer: Answer;
}

/** The answer for a ring that was over before it could begin. */
export const overBefore: Answer = { status: "ended", devices: 0, accepted: 0 };

/** One request's run: what it announces, its name on claims, and when it came, in milliseconds since the epoch. */
export interface Run {
  readonly announcement: Announcement;
  readonly by: string;
  readonly receivedAt: number;
}

/** A ring that this request has the right to push for. */
export interface HeldRing {
  /** As this request has written it, with the rings that have joined it. */
  readonly group: Group;
  /** Every phone of the exten, whether it is on record or not. */
  readonly devices: readonly Device[];
  /** Since when what is known of the ring and its phones is known, in milliseconds since the epoch. */
  readonly knownAt: number;
  /** Whether another request had the claim before, which may have pushed without the record's knowing. */
  readonly isTakeover: boolean;
}

/** One phone that was pushed to, and what FCM answered at which time, in milliseconds since the epoch. */
export interface Pushed {
  readonly device: Device;
  readonly outcome: Outcome;
  readonly at: number;
}

/**
 * As long as a call push may take with its retry, and so much less than a PBX waits that a repeat which takes over from a
 * dead request still answers in time, in milliseconds.
 */
const claimMs = 8500;

/** The right of a request to push for a ring from now on. */
export function buildClaim(by: string, now: number): Ring["claim"] {
  return { by, until: Timestamp.fromMillis(now + claimMs) };
}

/** Names a ring among those whose outcomes are not on record yet; an id may come again when the record is gone. */
export function buildUnrecordedKey({ id, ring }: StoredRing): string {
  return `${id} ${ring.createdAt.toMillis()}`;
}

/** The document of a ring that has just been announced. */
export function buildRing(announcement: Announcement, by: string, now: number): Ring {
  const { pbxId, linkedId, pbxRingId, exten, callerId, callerName, callType, ringSeconds } = announcement;
  return {
    callKey: buildCallKey(announcement),
    pbxId,
    linkedId,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    callerId,
    callerName,
    callType,
    status: "waking",
    claim: buildClaim(by, now),
    phones: {},
    createdAt: Timestamp.fromMillis(now),
    ringEndsAt: Timestamp.fromMillis(now + ringSeconds * 1000),
    removeAt: Timestamp.fromMillis(now + historyMs),
  };
}

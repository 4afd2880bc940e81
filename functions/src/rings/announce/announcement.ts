import { Timestamp } from "firebase-admin/firestore";
import type { Device } from "../../devices/device.ts";
import type { Group } from "../group.ts";
import { ownEntry } from "../../own-entry.ts";
import type { CarriedAt } from "../../transport/outcome.ts";
import { isReached } from "../phone-state.ts";
import {
  buildCallKey,
  historyMs,
  overBefore,
  type Answer,
  type CallName,
  type Ring,
  type StoredRing,
} from "../ring.ts";

/** A PBX's announcement that one exten of a call rings. */
export interface Announcement extends CallName {
  readonly exten: string;
  /** The line of the exten: the exten itself, unless the PBX's key has an `extenPrefix`. */
  readonly line: string;
  /** The PBX's id of this ring: the same id again is a repeat. Absent if the PBX gives none. */
  readonly pbxRingId?: string | undefined;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly ringSeconds: number;
  /**
   * Whether another channel of the call may announce the same ring: then the records are read before the push is sent.
   */
  readonly isOneOfSeveral: boolean;
}

/** The answer to an announcement, and its ring. */
export interface Announced {
  readonly ringId: string;
  readonly answer: Answer;
}

/** One request: its announcement, its id on claims, and when it arrived, in milliseconds since the epoch. */
export interface Run {
  readonly announcement: Announcement;
  readonly by: string;
  readonly receivedAt: number;
}

/** A ring that this request has claimed. */
export interface HeldRing {
  /** As this request wrote it, with the rings that have joined it. */
  readonly group: Group;
  /** All phones of the exten, recorded in the ring or not. */
  readonly devices: readonly Device[];
  /** When the ring and its phones were read, in milliseconds since the epoch. */
  readonly knownAt: number;
  /** Whether a request that had the claim before died: it may have pushed to these devices without recording it. */
  readonly mayHavePushed: boolean;
}

/** One push to a phone: its outcome and when FCM or APNs answered. */
export interface Pushed extends CarriedAt {
  readonly device: Device;
}

/**
 * How long a claim lasts, in milliseconds: long enough for a call push with its retry, and short enough that a repeat
 * that takes over from a dead request still answers before the PBX gives up.
 */
const claimMs = 8500;

/** A request's claim on a ring, from now on. */
export function buildClaim(by: string, now: number): Ring["claim"] {
  return { by, until: Timestamp.fromMillis(now + claimMs) };
}

/**
 * The key of a ring among those with unrecorded outcomes. It has the creation time, because an id may come again after
 * its record is gone.
 */
export function buildUnrecordedKey({ id, ring }: StoredRing): string {
  return `${id} ${ring.createdAt.toMillis()}`;
}

/** The document of a ring that has just been announced. */
export function buildRing(announcement: Announcement, by: string, now: number): Ring {
  const { pbxId, linkedId, pbxRingId, exten, line, callerId, callerName, callType, ringSeconds } = announcement;
  return {
    callKey: buildCallKey(announcement),
    pbxId,
    linkedId,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    ...(line !== exten && { line }),
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

/** The answer, derived from the phones' states. */
export function buildAnswer(group: Group, devices: readonly Device[], isOver: boolean): Answer {
  const { phones } = group[0].ring;
  const accepted = devices.filter(({ deviceId }) => wasReached(phones, deviceId)).length;
  if (accepted > 0) return { status: "notified", devices: devices.length, accepted };
  if (isOver) return overBefore;
  return { status: devices.length === 0 ? "no_devices" : "push_failed", devices: devices.length, accepted };
}

/** A phone that was only told to stop, since a request that died may have woken it, counts as not reached. */
function wasReached(phones: Ring["phones"], deviceId: string): boolean {
  const phone = ownEntry(phones, deviceId);
  const isKnown = phone?.acceptedAt !== undefined || phone?.receivedAt !== undefined || phone?.endReason === undefined;
  return isReached(phone) && (phone?.state !== "ended" || isKnown);
}

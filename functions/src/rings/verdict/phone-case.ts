import type { EndReason } from "../../wire.ts";
import { isGroupLiving, type Group } from "../group.ts";
import { isRinging } from "../phone-state.ts";
import type { Phone, PushAnswer, StoredRing } from "../ring.ts";
import { isClockWrong } from "./phone-clock.ts";
import {
  findFirst,
  findLate,
  findOtherCall,
  findReason,
  findStop,
  findTimeOut,
  isTimedOut,
  shortMs,
  usualMs,
  type OtherCall,
} from "./phone-times.ts";
import { findRefusal, type Refusal } from "./refusal.ts";
import type { TellTime } from "./words.ts";

/** One phone of a ring, as the rows of the tables ask about it. Times are milliseconds since the epoch. */
export interface PhoneCase {
  readonly phone: Phone;
  /** When the ring was announced that pushed to it. */
  readonly announcedAt: number;
  /** When the ring is over for it: an answer, an end, or the end of the ring time. */
  readonly stopsAt: number;
  /** When it is asked. */
  readonly now: number;
  /** Why the ring was over; absent while it lives. */
  readonly reason: EndReason | undefined;
  /** Another phone of the ring declined. */
  readonly isDeclinedByOther: boolean;
  /** The call that the phone was in. */
  readonly otherCall: OtherCall | undefined;
  /** The first report of the phone. */
  readonly heardAt: number | undefined;
  readonly acceptedAt: number | undefined;
  /** Why no service accepted the push; absent if one did, or the phone has it all the same. */
  readonly refusal: Refusal | undefined;
  /** What APNs said, if it was asked and has answered. */
  readonly apns: PushAnswer | undefined;
  /** It was ready before the ring was over: as far as is known, it rang. */
  readonly wasReady: boolean;
  /** It rings, or may still wake. */
  readonly isUnderWay: boolean;
  /** The ring was over before a phone usually wakes, or before a push usually leaves. */
  readonly hadNoChance: boolean;
  /** No push left, or one that came too late for any phone. */
  readonly isSentLate: boolean;
  readonly ringEndsAt: number;
  /** The ring time was over before anything else ended the ring. */
  readonly isTimedOut: boolean;
  /** The whole ring was shorter than a sleeping phone needs. */
  readonly isShort: boolean;
  /** When it woke or was ready, if that was too late, and later than a phone usually is. */
  readonly lateAt: number | undefined;
  /** FCM lowered the priority of its push, and it woke later than a phone usually does, with no time left. */
  readonly isLowered: boolean;
  readonly isClockWrong: boolean;
  readonly at: TellTime;
}

/** What is known besides the phone. */
export interface Around {
  readonly group: Group;
  /** Other rings: a phone may have been in another call. */
  readonly others: readonly StoredRing[];
  readonly now: number;
  readonly at: TellTime;
}

/** The case of one phone of a ring. */
export function buildCase(deviceId: string, phone: Phone, { group, others, now, at }: Around): PhoneCase {
  const [{ ring }] = group;
  const announcedAt = ring.createdAt.toMillis();
  const stopsAt = Math.max(...group.map(findStop));
  const heardAt = findFirst(phone);
  const acceptedAt = phone.acceptedAt?.toMillis();
  const isSilent = heardAt === undefined;
  const readyAt = phone.readyAt?.toMillis();
  const wasReady = readyAt !== undefined && readyAt <= stopsAt;
  const sentAt = acceptedAt ?? announcedAt;
  const isUnsent = isSilent && acceptedAt === undefined;
  const refusal = isUnsent ? findRefusal(phone) : undefined;
  const { priority, originalPriority } = phone.facts ?? {};
  const lateAt = findLate({ sentAt, heardAt, readyAt, stopsAt });
  const woke = [phone.receivedAt?.toMillis() ?? 0].filter((time) => time <= stopsAt);
  const isBrief = !wasReady && stopsAt - Math.max(sentAt, ...woke) < usualMs;
  const isSlow = heardAt !== undefined && heardAt - sentAt > usualMs;
  const ringMs = stopsAt - announcedAt;
  const isSentLate = isUnsent
    ? !isOverFirst(refusal, ringMs)
    : isBrief && sentAt - announcedAt > shortMs && ringMs >= shortMs;
  return {
    phone,
    announcedAt,
    stopsAt,
    now,
    reason: findReason(phone, group, now),
    isDeclinedByOther: Object.entries(ring.phones).some(([id, { state }]) => id !== deviceId && state === "declined"),
    otherCall: findOtherCall(deviceId, group, others),
    heardAt,
    acceptedAt,
    refusal,
    apns: phone.said?.apns,
    wasReady,
    isUnderWay: isGroupLiving(group, now) && isRinging(phone),
    hadNoChance: !isSentLate && (isUnsent || (isBrief && (lateAt === undefined || lateAt > stopsAt))),
    isSentLate,
    ringEndsAt: findTimeOut(group),
    isTimedOut: isTimedOut(group),
    isShort: !wasReady && ringMs < shortMs,
    lateAt,
    isLowered: originalPriority === "high" && priority === "normal" && isSlow && (isBrief || lateAt !== undefined),
    isClockWrong: isClockWrong(phone, heardAt),
    at,
  };
}

/** Whether the ring was over before a push could leave: the service says so, or the ring was that short. */
function isOverFirst(refusal: Refusal | undefined, ringMs: number): boolean {
  return ringMs < (refusal?.code === "not_wanted" ? shortMs : usualMs);
}

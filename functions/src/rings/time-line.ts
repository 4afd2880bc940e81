import type { Timestamp } from "firebase-admin/firestore";
import type { Channel } from "../transport/outcome.ts";
import { isLiving } from "./group.ts";
import type { Phone, Ring } from "./ring.ts";

/** What happened to a ring, or at one of its phones: then `deviceId` names it. */
export interface RingStep {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly step:
    | "announced"
    | "ended"
    | "timed_out"
    | "refused"
    | "accepted"
    | "received"
    | "ready"
    | "failed"
    | "answered"
    | "declined"
    | "stopped"
    | "told";
  readonly deviceId?: string;
  /** The service that refused or took the push. */
  readonly channel?: Channel;
  /** A service's code, a phone's reason, or the reason of the end. */
  readonly reason?: string;
}

/** What happened to a ring and at these phones, which may be those of a ring that it has joined; oldest first. */
export function tellSteps(ring: Ring, phones: Ring["phones"], now: number): readonly RingStep[] {
  const atPhones = Object.entries(phones).flatMap(([deviceId, phone]) => {
    return stepsOfPhone(phone).map((step): RingStep => ({ ...step, deviceId }));
  });
  const isAnsweredThere = atPhones.some(({ step }) => step === "answered");
  const own = stepsOfRing(ring, now).filter(({ step }) => step !== "answered" || !isAnsweredThere);
  // Stable: what happened in the same millisecond stays in the order of a ring's life.
  return [...own.slice(0, 1), ...atPhones, ...own.slice(1)].toSorted((one, other) => one.at - other.at);
}

function stepsOfRing(ring: Ring, now: number): readonly RingStep[] {
  const { createdAt, answeredAt, endedAt, endReason, ringEndsAt } = ring;
  const isTimedOut = answeredAt === undefined && endedAt === undefined && !isLiving(ring, now);
  return [
    ...listStep("announced", createdAt),
    ...listStep("answered", answeredAt),
    ...listStep("ended", endedAt, endReason),
    ...(isTimedOut ? listStep("timed_out", ringEndsAt) : []),
  ];
}

function stepsOfPhone(phone: Phone): readonly RingStep[] {
  return [
    ...stepsOfPush(phone),
    ...listStep("received", phone.receivedAt),
    ...listStep("failed", phone.failedAt, phone.failure),
    ...listStep("ready", phone.readyAt),
    ...listStep("answered", phone.answeredAt),
    ...listStep("declined", phone.declinedAt),
    ...listStep("stopped", phone.endedAt),
    ...listStep("told", phone.toldAt, phone.endReason),
  ];
}

/** A refusal by one service, and that the other one or the same took it later. */
function stepsOfPush({ said = {}, acceptedAt, channel }: Phone): readonly RingStep[] {
  const refusals = (["apns", "fcm"] as const).flatMap((service): readonly RingStep[] => {
    const answer = said[service];
    if (answer === undefined || answer.status === "accepted") return [];
    return [{ ...buildStep("refused", answer.at, answer.code), channel: service }];
  });
  const taken = listStep("accepted", acceptedAt).map((one): RingStep => ({ ...one, channel: channel ?? "fcm" }));
  return [...refusals, ...taken];
}

function listStep(name: RingStep["step"], at: Timestamp | undefined, reason?: string): readonly RingStep[] {
  return at === undefined ? [] : [buildStep(name, at, reason)];
}

function buildStep(name: RingStep["step"], at: Timestamp, reason?: string): RingStep {
  return { at: at.toMillis(), step: name, ...(reason !== undefined && { reason }) };
}

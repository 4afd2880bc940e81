import { findLeader } from "../../rings/find-rings.ts";
import type { Phone, StoredRing } from "../../rings/ring.ts";
import { tellSteps, type RingStep } from "../../rings/time-line.ts";
import { findOffset, isClockWrong } from "../../rings/verdict/phone-clock.ts";
import type { PhoneVerdict, Verdict } from "../../rings/verdict/verdict.ts";
import type { PhoneOfRing, RingStory, Step } from "../wire.ts";
import { describeRing } from "./ring-row.ts";
import { isoTime } from "./time.ts";

/** What a ring's story is made of. */
export interface StoryParts {
  readonly stored: StoredRing;
  /** The rings of the answer and those that they have joined. */
  readonly all: readonly StoredRing[];
  readonly verdict: Verdict;
  readonly email: string | undefined;
  readonly now: number;
}

/** Tells a ring as a time line with its verdict, without its caller. */
export function tellStory({ stored, all, verdict, email, now }: StoryParts): RingStory {
  const { ring } = stored;
  const { phones } = findLeader(stored, all).ring;
  const announcedAt = ring.createdAt.toMillis();
  return {
    ...describeRing(stored, phones, now),
    ringEndsAt: isoTime(ring.ringEndsAt.toMillis()),
    ...(email !== undefined && { email }),
    ...(ring.joined !== undefined && { joined: ring.joined }),
    steps: tellSteps(ring, phones, now).map((step) => describeStep(step, announcedAt)),
    ...(verdict.ring && { verdict: verdict.ring }),
    phones: verdict.phones.flatMap((one) => {
      const phone = phones[one.deviceId];
      return phone === undefined ? [] : [describePhone(phone, one)];
    }),
  };
}

function describeStep({ at, ...step }: RingStep, announcedAt: number): Step {
  // Two instances' clocks may differ by a little.
  return { at: isoTime(at), ms: Math.max(0, at - announcedAt), ...step };
}

function describePhone(phone: Phone, { deviceId, model, cause, says, todo }: PhoneVerdict): PhoneOfRing {
  const { state, error, device, facts: { priority, originalPriority } = {} } = phone;
  const heardAt = (phone.receivedAt ?? phone.readyAt)?.toMillis();
  return {
    deviceId,
    state,
    ...(error !== undefined && { error }),
    ...(model !== undefined && { model }),
    ...(device !== undefined && { platform: device.platform }),
    verdict: { cause, says, todo },
    ...(priority !== undefined && { priority }),
    ...(originalPriority !== undefined && { originalPriority }),
    ...(isClockWrong(phone, heardAt) && { clockOffMs: findOffset(phone, heardAt) }),
  };
}

import type { StoredRing } from "../../functions/src/rings/ring.ts";
import { tellSteps, type RingStep } from "../../functions/src/rings/time-line.ts";

/** A step of a ring of a call, or of one of its phones. */
export interface CallStep extends Omit<RingStep, "at"> {
  /** Milliseconds since the call was announced. */
  readonly ms: number;
  readonly callId: string;
  readonly exten: string;
}

/** What happened to the rings of a call, in the order of the times. Those are of several clocks, which may differ by a little. */
export function buildTimeline(rings: readonly StoredRing[], now: number): readonly CallStep[] {
  const begin = Math.min(...rings.map(({ ring }) => ring.createdAt.toMillis()));
  const steps = rings.flatMap(({ id: callId, ring }) =>
    tellSteps(ring, ring.phones, now).map(({ at, ...step }) => {
      return { ms: at - begin, callId, exten: ring.exten, ...step };
    }),
  );
  return steps.toSorted((one, other) => one.ms - other.ms);
}

const services = { fcm: "FCM", apns: "APNs" } as const;

const words: Readonly<Record<RingStep["step"], string>> = {
  announced: "announced",
  ended: "ended",
  timed_out: "ring time is over",
  refused: "did not take the push",
  accepted: "took the push",
  received: "received the push",
  ready: "ready",
  failed: "failed",
  answered: "answered",
  declined: "declined",
  stopped: "stopped by itself",
  told: "told to stop",
};

/** A step in words: `FCM did not take the push: UNREGISTERED`. */
export function tellStep({ step, channel, reason }: CallStep): string {
  const who = channel === undefined ? "" : `${services[channel]} `;
  return `${who}${words[step]}${reason === undefined ? "" : `: ${reason}`}`;
}

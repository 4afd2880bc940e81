import type { Phone } from "../ring.ts";

/** Clocks that agree better than this are right, in milliseconds. */
const toleranceMs = 5000;

/**
 * Whether a phone's clock must be wrong: by it, the phone had the push before FCM took it, or only after it reported. A
 * report may come long after its push, so a large difference in that direction proves nothing.
 */
export function isClockWrong({ facts = {} }: Phone, heardAt: number | undefined): boolean {
  const receivedAt = parse(facts.receivedAt);
  const sentAt = parse(facts.sentAt);
  if (receivedAt === undefined) return false;
  const isBefore = sentAt !== undefined && receivedAt < sentAt - toleranceMs;
  const isAfter = heardAt !== undefined && receivedAt > heardAt + toleranceMs;
  return isBefore || isAfter;
}

/** By how much the clock is wrong at least, in milliseconds. */
export function findOffset({ facts = {} }: Phone, heardAt: number | undefined): number {
  const receivedAt = parse(facts.receivedAt) ?? 0;
  const sentAt = parse(facts.sentAt) ?? receivedAt;
  return Math.max(sentAt - receivedAt, receivedAt - (heardAt ?? receivedAt));
}

function parse(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

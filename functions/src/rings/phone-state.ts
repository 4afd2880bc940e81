import type { Phone, PhoneState, Ring } from "./ring.ts";

/** What can happen to one phone of a ring: FCM's answer to its push, what the phone reports, or the end of the ring. */
export type PhoneEvent = PhoneState;

// Reports come late, twice and in any order. So a state changes only to a later one, what the user did is final, and only
// an answer overrides an end that came before it. A push that seemed to fail may have been delivered after all.
// oxfmt-ignore
const transitions: Readonly<Record<PhoneState | "unknown", Readonly<Record<PhoneEvent, PhoneState>>>> = {
  //  event:    failed              accepted              received              ready              answered              declined              ended
  unknown:  { failed: "failed",   accepted: "accepted", received: "received", ready: "ready",    answered: "answered", declined: "declined", ended: "ended" },
  failed:   { failed: "failed",   accepted: "accepted", received: "received", ready: "ready",    answered: "answered", declined: "declined", ended: "ended" },
  accepted: { failed: "accepted", accepted: "accepted", received: "received", ready: "ready",    answered: "answered", declined: "declined", ended: "ended" },
  received: { failed: "received", accepted: "received", received: "received", ready: "ready",    answered: "answered", declined: "declined", ended: "ended" },
  ready:    { failed: "ready",    accepted: "ready",    received: "ready",    ready: "ready",    answered: "answered", declined: "declined", ended: "ended" },
  answered: { failed: "answered", accepted: "answered", received: "answered", ready: "answered", answered: "answered", declined: "answered", ended: "answered" },
  declined: { failed: "declined", accepted: "declined", received: "declined", ready: "declined", answered: "declined", declined: "declined", ended: "declined" },
  ended:    { failed: "ended",    accepted: "ended",    received: "ended",    ready: "ended",    answered: "answered", declined: "ended",    ended: "ended" },
};

/** The state of a phone after an event; `undefined` is a phone of which nothing is known yet. */
export function nextPhoneState(state: PhoneState | undefined, event: PhoneEvent): PhoneState {
  return transitions[state ?? "unknown"][event];
}

/** Whether a phone in this state rings, or is about to. */
export function isRinging({ state }: Phone): boolean {
  return state === "accepted" || state === "received" || state === "ready";
}

/** Whether a phone rings as far as is known: the push that failed may have reached it all the same. */
export function mayRing(phone: Phone): boolean {
  return isRinging(phone) || (phone.state === "failed" && phone.mayBeDelivered === true);
}

/** Whether the ring has reached a phone: FCM accepted its push, or the phone reported. */
export function isReached(phone: Phone | undefined): boolean {
  return phone !== undefined && phone.state !== "failed";
}

/** Whether a phone has shown by a report that it has the push. */
export function hasReported({ receivedAt, readyAt, failedAt, answeredAt, declinedAt }: Phone): boolean {
  return [receivedAt, readyAt, failedAt, answeredAt, declinedAt].some((at) => at !== undefined);
}

/** Whether a phone must still be told to stop. A phone that reported the end itself knows it. */
export function isUntold({ state, endReason, toldAt }: Phone): boolean {
  return state === "ended" && endReason !== undefined && toldAt === undefined;
}

/** Whether a ring has phones that must still be told to stop. */
export function hasUntold({ phones }: Pick<Ring, "phones">): boolean {
  return Object.values(phones).some(isUntold);
}

/** Facts about a phone's push or report besides its state. */
export type PhoneFacts = Partial<Omit<Phone, "state">>;

/**
 * A phone after an event. A time is that of the first report, however often something is reported: a repeat returns the
 * same object, and nothing is written.
 */
export function applyEvent(before: Phone | undefined, event: PhoneEvent, facts: PhoneFacts): Phone {
  const state = nextPhoneState(before?.state, event);
  const { error, ...known } = { ...facts, ...before };
  const reason = facts.error ?? error;
  const after: Phone = { ...known, ...(state === "failed" && reason !== undefined && { error: reason }), state };
  return before !== undefined && isSamePhone(before, after) ? before : after;
}

function isSamePhone(one: Phone, other: Phone): boolean {
  const fields = Object.entries(one);
  return (
    fields.length === Object.keys(other).length && fields.every(([name, value]) => Reflect.get(other, name) === value)
  );
}

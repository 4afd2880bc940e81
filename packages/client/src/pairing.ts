// The service and the PBX name the same ring by different ids. A push has the `callId`, and beside it the PBX's ids of
// the call (`linkedId`) and of the ring (`pbxRingId`). An event has the Linkedid and the channel's Uniqueid. One
// Linkedid may ring several times, in sequence or during an active call; each is a ring of its own.

import { isAwaited, type CallFacts, type Entry } from "./entry.ts";

/** With the usual settings no queue tries a call again sooner, in milliseconds. */
const nextRingMs = 5_000;

/** The ring of a call push; `undefined` for a new one. */
export function findByPush(
  entries: readonly Entry[],
  { callId, linkedId, pbxRingId }: Pick<CallFacts, "callId" | "linkedId" | "pbxRingId">,
  now: number,
): Entry | undefined {
  const known = entries.find(({ facts }) => facts.callId === callId);
  if (known !== undefined) return known;
  const ofCall = entries.filter(({ facts }) => facts.linkedId === linkedId);
  const announced = ofCall.filter(({ facts }) => facts.callId === undefined);
  const latestNamed = ofCall.map(({ facts }) => facts.callId !== undefined).lastIndexOf(true);
  return (
    announced.find(({ channels }) => pbxRingId !== undefined && channels.has(pbxRingId)) ??
    announced.find(isAwaited) ??
    // Once a later ring has had its push, a ring that is over takes none: the push may be that of a ring not seen yet.
    ofCall.slice(latestNamed + 1).find((entry) => isRecent(entry, now) && !awaitsItsOwnPush(entry, now))
  );
}

/** The ring of a channel that comes in on a trunk; `undefined` for a new one. */
export function findByChannel(
  entries: readonly Entry[],
  linkedId: string,
  uniqueId: string,
  now: number,
): Entry | undefined {
  const ofCall = entries.filter(({ facts }) => facts.linkedId === linkedId);
  return (
    ofCall.find(({ channels, facts }) => channels.has(uniqueId) || facts.pbxRingId === uniqueId) ??
    // A phone rings once for a call: the next ring joins the one that is still ringing.
    ofCall.find(isAwaited) ??
    // A stalled socket may deliver the event of a ring whose push has already been handled.
    ofCall.find((entry) => entry.channels.size === 0 && isRecent(entry, now))
  );
}

/**
 * Whether the user has declined it, or hung up, and its push is late. A later push with the same Linkedid may be that of
 * the call's next ring: one who declines twice is better off than a caller who is declined unheard.
 */
function awaitsItsOwnPush({ stage, unsent, ringEndsAt, ringMs }: Entry, now: number): boolean {
  return stage === "over" && unsent.length > 0 && now - (ringEndsAt - ringMs) >= nextRingMs;
}

/**
 * Whether a push or an event of this ring may still arrive. After the clock has been corrected, back or forth, the ring
 * is not recent: a call that rings twice is better than one that never does.
 */
function isRecent({ ringEndsAt, ringMs }: Entry, now: number): boolean {
  return now < ringEndsAt && now >= ringEndsAt - ringMs;
}

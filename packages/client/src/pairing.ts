// The service and the PBX speak of the same ring, each by an id of its own: a push by `callId`, with the PBX's names for the
// call (`linkedId`) and the ring (`pbxRingId`) beside it; an event by Linkedid and the channel's Uniqueid. One Linkedid may
// ring several times, one after the other or during a talk, and each is a ring of its own.

import { isAwaited, type CallFacts, type Entry } from "./entry.ts";

/** The ring that a call push is about; `undefined` for a new one. */
export function findByPush(
  entries: readonly Entry[],
  { callId, linkedId, pbxRingId }: Pick<CallFacts, "callId" | "linkedId" | "pbxRingId">,
  now: number,
): Entry | undefined {
  const known = entries.find(({ facts }) => facts.callId === callId);
  if (known !== undefined) return known;
  const announced = entries.filter(({ facts }) => facts.callId === undefined && facts.linkedId === linkedId);
  return (
    announced.find(({ channels }) => pbxRingId !== undefined && channels.has(pbxRingId)) ??
    announced.find((entry) => isAwaited(entry) || isRecent(entry, now))
  );
}

/** The ring that a channel which comes in on a trunk is about; `undefined` for a new one. */
export function findByChannel(
  entries: readonly Entry[],
  linkedId: string,
  uniqueId: string,
  now: number,
): Entry | undefined {
  const ofCall = entries.filter(({ facts }) => facts.linkedId === linkedId);
  return (
    ofCall.find(({ channels, facts }) => channels.has(uniqueId) || facts.pbxRingId === uniqueId) ??
    // A phone rings once for a call: the next ring joins the one that still rings.
    ofCall.find(isAwaited) ??
    // A socket that was stalled tells late of a ring whose push has come and gone.
    ofCall.find((entry) => entry.channels.size === 0 && isRecent(entry, now))
  );
}

/** Whether a push or an event that belongs to it may still be on its way. */
function isRecent({ ringEndsAt }: Entry, now: number): boolean {
  return now < ringEndsAt;
}

import type { Device } from "../devices/device.ts";
import { findDevicesOfExten } from "../devices/find-devices.ts";
import { watchUntil } from "../firestore/watch-until.ts";
import { wasAssignedBefore } from "../lines/lines.ts";
import type { Services } from "../services.ts";
import { changeRing, type Changed } from "./change-ring.ts";
import { endUnknown, findStopReason, isActive, withOwner, withPhones, withRings, type Group } from "./group.ts";
import { subscribeToRing } from "./find-rings.ts";
import { hasUntold } from "./phone-state.ts";
import { lineOf, overBefore, type StoredRing } from "./ring.ts";
import { tellPhones } from "./tell-phones.ts";

/**
 * Tells the phones of a ring that must stop while a request is still pushing for it. That request tells them as soon as
 * it knows them. If it has died, they are told here, because it may have sent pushes that are not recorded. Without
 * `waits`, nothing happens while it may still be alive. Returns for how many FCM accepted the end push.
 */
export async function tellAbandoned(
  services: Services,
  { group }: Changed,
  { waits = true }: { readonly waits?: boolean } = {},
): Promise<number> {
  const [stored] = group;
  const seenAt = services.clock.now();
  if (stored.ring.answer !== undefined || findStopReason(group, "", seenAt) === undefined) return 0;
  if (!waits && seenAt < stored.ring.claim.until.toMillis()) return 0;
  const settled = await awaitSettled(services, stored);
  if (settled !== undefined) return hasUntold(settled.ring) ? retell(services, stored.id) : 0;
  const pushed = await Promise.all(group.map(async (member) => findPushed(services, member)));
  const changed = await changeRing(services, stored.id, (latest, now) => endAbandoned(latest, pushed.flat(), now));
  return changed === undefined ? 0 : tellPhones(services, changed);
}

/**
 * The devices that a dead request for a ring may have pushed to: those of its exten, unless the exten was assigned
 * after the ring began. Its new owner must not learn of the call.
 */
async function findPushed(services: Services, { ring, createTime }: StoredRing): Promise<readonly Device[]> {
  const [devices, isSame] = await Promise.all([
    findDevicesOfExten(services, lineOf(ring)),
    wasAssignedBefore(services, lineOf(ring), createTime),
  ]);
  return isSame ? devices : [];
}

/** FCM did not accept the end pushes of the request that settled the ring: send them again. */
async function retell(services: Services, ringId: string): Promise<number> {
  const changed = await changeRing(services, ringId, (group) => group);
  return changed === undefined ? 0 : tellPhones(services, changed);
}

/** The ring gets the answer that its request could not record, so that no later end looks for these phones again. */
function endAbandoned(group: Group, devices: readonly Device[], now: number): Group {
  const [{ id: leaderId, ring: leader }] = group;
  const reason = findStopReason(group, "", now);
  if (leader.answer !== undefined || reason === undefined) return group;
  const owner = leader.uid ?? devices[0]?.uid;
  const own = devices.filter(({ uid }) => uid === owner);
  const ended = withOwner(withPhones(group, endUnknown(leader, own, reason)), owner);
  if (group.some(({ ring }) => isActive(ring, now))) return ended;
  return withRings(ended, (ring, { id }) => (id === leaderId ? { ...ring, answer: overBefore } : ring));
}

/** Waits while a request has the claim; returns the ring once it is settled, else `undefined`. */
async function awaitSettled(services: Services, { id, ring }: StoredRing): Promise<StoredRing | undefined> {
  const { clock } = services;
  const leftMs = ring.claim.until.toMillis() - clock.now();
  if (leftMs <= 0) return undefined;
  const stored = await watchUntil(clock, subscribeToRing(services, id), {
    ms: leftMs,
    settlesInMs: (seen) => (isSettled(seen) ? 0 : Number.POSITIVE_INFINITY),
  });
  return isSettled(stored) ? stored : undefined;
}

/** A ring that has joined another has no phones of its own, and gets no answer. */
function isSettled(stored: StoredRing | undefined): boolean {
  return stored?.ring.answer !== undefined || stored?.ring.joined !== undefined;
}

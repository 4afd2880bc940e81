import { Timestamp } from "firebase-admin/firestore";
import { hasStatus } from "../../firestore/status.ts";
import type { Services } from "../../services.ts";
import { changeRing } from "../change-ring.ts";
import { callOf, findLeader, findRings, isCreatedBefore } from "../find-rings.ts";
import { endUnknown, findStopReason, isLiving, withPhones, withRings, type Group } from "../group.ts";
import { findRepeated } from "../recent-ring.ts";
import { isSameRing, lineOf, ringRef, type Answer, type Ring, type StoredRing } from "../ring.ts";
import { tellPhones } from "../tell-phones.ts";
import { buildAnswer, type HeldRing, type Run } from "./announcement.ts";

/** An earlier ring of the call with the same phones, or this ring and its answer if it is over or answered already. */
export interface Earlier {
  readonly kind: "repeated" | "joined" | "over";
  readonly ringId: string;
  readonly answer?: Answer;
}

/**
 * Finds the earlier ring. Afterwards this ring has joined it, is deleted or is settled. `undefined` means that there is
 * none, so this ring must push. It costs a request before the push, which most rings skip: a user with one exten has
 * one ring in a call, if the PBX gives a `ring_id` and announces each ring once.
 */
export async function findEarlier(services: Services, run: Run, held: HeldRing): Promise<Earlier | undefined> {
  const { group, devices } = held;
  const [stored] = group;
  const { ring } = stored;
  const extens = devices[0]?.extens ?? [];
  const isAlone = ring.pbxRingId !== undefined && extens.length <= 1 && !run.announcement.isOneOfSeveral;
  const now = services.clock.now();
  if (isAlone || ring.leads !== undefined || !isLiving(ring, now)) return undefined;
  const rings = await findRings(services, callOf(ring));
  const latest = rings.find(({ id }) => id === stored.id);
  const earlier = rings.filter((other) => other.id !== stored.id && isCreatedBefore(other, stored));
  // A later ring has joined this one: its phones wait for this push.
  if (latest?.ring.leads !== undefined) return undefined;
  const answeredAt = findAnswerAfter(stored, earlier);
  if (latest === undefined || answeredAt !== undefined || !isLiving(latest.ring, now)) {
    return giveUp(services, held, answeredAt);
  }
  const repeated = findRepeated(latest, rings, now);
  if (repeated !== undefined) {
    // If it cannot be withdrawn, it has a `ring_id` by now, or an end has changed it.
    return (await withdraw(services, latest)) ? repeated : findEarlier(services, run, held);
  }
  const uid = devices[0]?.uid;
  const isOfUser = (other: Ring) => (other.uid === undefined ? extens.includes(lineOf(other)) : other.uid === uid);
  // A phone rings until the time in its push: a ring that joins after that would be silent.
  const canRing = (other: StoredRing) => now < findLeader(other, rings).ring.ringEndsAt.toMillis();
  const first = earlier.find((other) => isOfUser(other.ring) && isLiving(other.ring, now) && canRing(other));
  if (first === undefined) return undefined;
  const joined = await joinRing(services, first, { own: stored, uid });
  if (joined === "over") return findEarlier(services, run, held);
  return joined === "joined" ? { kind: "joined", ringId: first.id } : undefined;
}

/** When the call was answered that this ring belongs to, as the earlier rings show it: that answer silences it. */
function findAnswerAfter({ createTime }: StoredRing, earlier: readonly StoredRing[]): Timestamp | undefined {
  const answers = earlier.flatMap(({ ring: { answeredAt, silencedAt } }) => [answeredAt, silencedAt]);
  return answers.find((time) => time !== undefined && time.valueOf() >= createTime.valueOf());
}

/**
 * Settles a ring that was ended or answered before its push was sent. If a request that had it before may have pushed,
 * its phones are told.
 */
async function giveUp(
  services: Services,
  held: HeldRing,
  answeredAt: Timestamp | undefined,
): Promise<Earlier | undefined> {
  const { devices, mayHavePushed } = held;
  const [stored] = held.group;
  const uid = devices[0]?.uid;
  const end = { endedAt: Timestamp.fromMillis(services.clock.now()), endReason: "answered_elsewhere" } as const;
  const settle = (ring: Ring): Ring => ({
    ...ring,
    ...(uid !== undefined && { uid }),
    ...(isOpen(ring) && answeredAt !== undefined && { ...end, silencedAt: answeredAt }),
  });
  const leads = (group: Group) => group.some(({ id, ring }) => id === stored.id && ring.leads !== undefined);
  const changed = await changeRing(services, stored.id, (group, now) => {
    if (leads(group)) return group;
    const given = withRings(group, (ring, { id }) => (id === stored.id ? settle(ring) : ring));
    const reason = mayHavePushed ? findStopReason(given, "", now) : undefined;
    const told = reason === undefined ? given : withPhones(given, endUnknown(given[0].ring, devices, reason));
    const answer = buildAnswer(told, devices, true);
    return withRings(told, (ring, { id }) => (id === stored.id ? { ...ring, answer } : ring));
  });
  if (changed === undefined) return { kind: "over", ringId: stored.id };
  if (leads(changed.group)) return undefined;
  await tellPhones(services, changed);
  return { kind: "over", ringId: stored.id, answer: buildAnswer(changed.group, devices, true) };
}

/** Whether a ring was neither answered nor ended. */
function isOpen({ answeredAt, endedAt }: Ring): boolean {
  return answeredAt === undefined && endedAt === undefined;
}

/** Deletes a ring that repeats another; false if another announcer uses it by now. */
async function withdraw({ db }: Services, { id, updateTime }: StoredRing): Promise<boolean> {
  const ref = ringRef(db, id);
  try {
    await ref.delete({ lastUpdateTime: updateTime });
    return true;
  } catch (error) {
    if (!hasStatus(error, "FAILED_PRECONDITION", "NOT_FOUND")) throw error;
    // The SDK retries a delete whose answer was lost; the retry fails because the ring is gone.
    return !(await ref.get()).exists;
  }
}

/**
 * Makes a ring join an earlier one, unless that one is over by now or another user's, or a later ring has joined this
 * one.
 */
async function joinRing(
  services: Services,
  earlier: StoredRing,
  { own, uid }: { readonly own: StoredRing; readonly uid: string | undefined },
): Promise<"joined" | "over" | "leads"> {
  const findOwn = (group: Group) => group.find(({ id }) => id === own.id)?.ring;
  const join = (group: Group, now: number): Group => {
    const [leader] = group;
    const isThere = group.some((stored) => isSameRing(stored, earlier));
    const isOver = !isThere || !group.some(({ id, ring }) => id !== own.id && isLiving(ring, now));
    // A later ring that joined this one has seen that no earlier one lives.
    if (isOver || findOwn(group)?.leads !== undefined) return group;
    const isOthers = leader.ring.uid !== undefined && leader.ring.uid !== uid;
    if (isOthers) return group;
    return withRings(group, (ring, { id }) => {
      if (id === leader.id) return { ...ring, leads: [...new Set([...(ring.leads ?? []), own.id])] };
      return id === own.id ? { ...ring, joined: leader.id, ...(uid !== undefined && { uid }) } : ring;
    });
  };
  const changed = await changeRing(services, earlier.id, join, { also: own.id });
  const ring = changed && findOwn(changed.group);
  if (ring?.joined !== undefined) return "joined";
  const isOthers = changed !== undefined && (changed.group[0].ring.uid ?? uid) !== uid;
  return ring?.leads !== undefined || isOthers ? "leads" : "over";
}

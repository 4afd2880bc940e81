import { Timestamp } from "firebase-admin/firestore";
import { hasStatus } from "../../firestore/status.ts";
import type { Services } from "../../services.ts";
import { changeRing, timeOfWrite } from "../change-ring.ts";
import { callOf, findLeader, findRings, isCreatedBefore } from "../find-rings.ts";
import { isLiving, withRings, type Group } from "../group.ts";
import { ringRef, type Ring, type StoredRing } from "../ring.ts";
import { overBefore, type HeldRing, type Run } from "./announcement.ts";
import { findRecent } from "./judge.ts";

/** An earlier ring of the call that makes the same phones ring, or this one, when it is over already. */
export interface Earlier {
  readonly kind: "repeated" | "joined" | "over";
  readonly ringId: string;
}

/**
 * Finds the earlier ring, after which this one has joined it, is gone or is settled; `undefined` when there is none, and this
 * ring's phones are to be pushed to. Costs a request before the push, which most rings are spared: a user with one exten has
 * one ring in a call, if the PBX names its rings and announces each once.
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
  // A later ring has joined it: that one's phones wait for this push.
  if (latest?.ring.leads !== undefined) return undefined;
  const isSilenced = earlier.some((other) => isAnsweredAfter(other, stored));
  if (latest === undefined || isSilenced || !isLiving(latest.ring, now)) return giveUp(services, held);
  if (latest.ring.pbxRingId === undefined) {
    const recent = findRecent(
      earlier.filter((other) => other.ring.exten === ring.exten),
      now,
    );
    if (recent !== undefined) {
      // What cannot be withdrawn has a name by now, or an end has found it.
      return (await withdraw(services, latest)) ? recent : findEarlier(services, run, held);
    }
  }
  const uid = devices[0]?.uid;
  const isOfUser = (other: Ring) => (other.uid === undefined ? extens.includes(other.exten) : other.uid === uid);
  // A phone rings for the time that its push has named: when that is over, a ring that joins it would be silent.
  const canRing = (other: StoredRing) => now < findLeader(other, rings).ring.ringEndsAt.toMillis();
  const first = earlier.find((other) => isOfUser(other.ring) && isLiving(other.ring, now) && canRing(other));
  if (first === undefined) return undefined;
  const joined = await joinRing(services, first, { own: stored, uid });
  if (joined === "over") return findEarlier(services, run, held);
  return joined === "joined" ? { kind: "joined", ringId: first.id } : undefined;
}

/** Whether the call was answered after a ring had been created, as another ring of it shows: that answer silences the ring. */
function isAnsweredAfter({ ring: { answeredAt, silencedAt } }: StoredRing, { createTime }: StoredRing): boolean {
  return [answeredAt, silencedAt].some((time) => time !== undefined && time.valueOf() > createTime.valueOf());
}

/** Settles a ring that an end or an answer has met before its push could leave. */
async function giveUp(services: Services, { group: [stored], devices }: HeldRing): Promise<Earlier | undefined> {
  const uid = devices[0]?.uid;
  const end = { endedAt: Timestamp.fromMillis(services.clock.now()), endReason: "answered_elsewhere" } as const;
  const settle = (ring: Ring): Ring => ({
    ...ring,
    ...(uid !== undefined && { uid }),
    ...(ring.endedAt === undefined && { ...end, silencedAt: timeOfWrite }),
    answer: overBefore,
  });
  const changed = await changeRing(services, stored.id, (group) =>
    withRings(group, (ring, id) => (id === stored.id && ring.leads === undefined ? settle(ring) : ring)),
  );
  const isLeader = changed?.group.some(({ id, ring }) => id === stored.id && ring.leads !== undefined) === true;
  return isLeader ? undefined : { kind: "over", ringId: stored.id };
}

/** Takes back a ring that repeats another; false when it is another announcer's by now. */
async function withdraw({ db }: Services, { id, updateTime }: StoredRing): Promise<boolean> {
  const ref = ringRef(db, id);
  try {
    await ref.delete({ lastUpdateTime: updateTime });
    return true;
  } catch (error) {
    if (!hasStatus(error, "FAILED_PRECONDITION", "NOT_FOUND")) throw error;
    // The SDK repeats a delete whose answer was lost, and finds that there is nothing to delete.
    return !(await ref.get()).exists;
  }
}

/** Lets a ring's phones be those of an earlier one, unless that is over by now, is another user's, or the ring itself leads a later one. */
async function joinRing(
  services: Services,
  earlier: StoredRing,
  { own, uid }: { readonly own: StoredRing; readonly uid: string | undefined },
): Promise<"joined" | "over" | "leads"> {
  const findOwn = (group: Group) => group.find(({ id }) => id === own.id)?.ring;
  const join = (group: Group, now: number): Group => {
    const [leader] = group;
    const isOver = !group.some(({ id, ring }) => id !== own.id && isLiving(ring, now));
    // A later ring that has joined this one has seen that no earlier one lives.
    if (isOver || findOwn(group)?.leads !== undefined) return group;
    const isOthers = leader.ring.uid !== undefined && leader.ring.uid !== uid;
    if (isOthers) return group;
    return withRings(group, (ring, id) => {
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

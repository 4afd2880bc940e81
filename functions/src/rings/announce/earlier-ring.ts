import { Timestamp } from "firebase-admin/firestore";
import { hasStatus } from "../../firestore/status.ts";
import type { Services } from "../../services.ts";
import { changeRing } from "../change-ring.ts";
import { callOf, findRings, isCreatedBefore } from "../find-rings.ts";
import { isLiving, withRings, type Group } from "../group.ts";
import { readStored, ringRef, type Ring, type StoredRing } from "../ring.ts";
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
export async function findEarlier(
  services: Services,
  { announcement }: Run,
  held: HeldRing,
): Promise<Earlier | undefined> {
  const { group, devices } = held;
  const [stored] = group;
  const { ring } = stored;
  const extens = devices[0]?.extens ?? [];
  const isAlone = ring.pbxRingId !== undefined && extens.length <= 1 && !announcement.isOneOfSeveral;
  const now = services.clock.now();
  if (isAlone || ring.leads !== undefined || !isLiving(ring, now)) return undefined;
  const rings = await findRings(services, callOf(ring));
  const earlier = rings.filter((other) => other.id !== stored.id && isCreatedBefore(other, stored));
  const ofExten = earlier.filter((other) => other.ring.exten === ring.exten);
  const ofUser = earlier.filter((other) => extens.includes(other.ring.exten));
  if ([...ofExten, ...ofUser].some((other) => isAnsweredAfter(other, stored))) {
    return giveUp(services, held);
  }
  const recent = ring.pbxRingId === undefined ? findRecent(ofExten, now) : undefined;
  if (recent !== undefined) {
    if (await withdraw(services, stored)) return recent;
    // Either a name has been given to it, and it rings under that, or an end has found it.
    const latest = readStored(await ringRef(services.db, stored.id).get());
    if (latest === undefined || !isLiving(latest.ring, now)) return giveUp(services, held);
  }
  for (const other of ofUser.filter((one) => isLiving(one.ring, now))) {
    if (await joinRing(services, other, stored)) return { kind: "joined", ringId: other.id };
  }
  return undefined;
}

/** Whether a ring was answered after another had been created: that answer silences the other. */
function isAnsweredAfter({ ring: { answeredAt } }: StoredRing, { createTime }: StoredRing): boolean {
  return answeredAt !== undefined && answeredAt.valueOf() > createTime.valueOf();
}

/** Settles a ring that an end or an answer has met before its push could leave. */
async function giveUp(services: Services, { group: [stored], devices }: HeldRing): Promise<Earlier> {
  const uid = devices[0]?.uid;
  const end = { endedAt: Timestamp.fromMillis(services.clock.now()), endReason: "answered_elsewhere" } as const;
  const settle = (ring: Ring): Ring => ({
    ...ring,
    ...(uid !== undefined && { uid }),
    ...(ring.endedAt === undefined && { ...end, isSilenced: true }),
    answer: overBefore,
  });
  await changeRing(services, stored.id, (group) => withRings(group, settle));
  return { kind: "over", ringId: stored.id };
}

/** Takes back a ring that repeats another; false when it is another announcer's by now. */
async function withdraw({ db }: Services, { id, updateTime }: StoredRing): Promise<boolean> {
  try {
    await ringRef(db, id).delete({ lastUpdateTime: updateTime });
    return true;
  } catch (error) {
    if (hasStatus(error, "FAILED_PRECONDITION")) return false;
    throw error;
  }
}

/** Lets a ring's phones be those of an earlier one; false when that lives no longer. */
async function joinRing(services: Services, earlier: StoredRing, own: StoredRing): Promise<boolean> {
  const join = (group: Group, now: number): Group => {
    const [leader] = group;
    const isOver = !group.some(({ id, ring }) => id !== own.id && isLiving(ring, now));
    // A later ring that has joined this one has seen that no earlier one lives.
    const isLeader = group.some(({ id, ring }) => id === own.id && ring.leads !== undefined);
    if (isOver || isLeader) return group;
    return withRings(group, (ring, id) => {
      if (id === leader.id) return { ...ring, leads: [...new Set([...(ring.leads ?? []), own.id])] };
      return id === own.id ? { ...ring, joined: leader.id, ...(leader.ring.uid && { uid: leader.ring.uid }) } : ring;
    });
  };
  const changed = await changeRing(services, earlier.id, join, { also: own.id });
  return changed?.group.some(({ id, ring }) => id === own.id && ring.joined !== undefined) === true;
}

import type { Device } from "../../devices/device.ts";
import { TryAgain } from "../../errors.ts";
import { watchUntil } from "../../firestore/watch-until.ts";
import { wasAssignedBefore } from "../../lines/lines.ts";
import type { Services } from "../../services.ts";
import { changeRing } from "../change-ring.ts";
import { isGroupLiving, withRings, type Group } from "../group.ts";
import { subscribeToRing } from "../find-rings.ts";
import { lineOf, overBefore, type Answer, type Ring, type StoredRing } from "../ring.ts";
import { tellPhones } from "../tell-phones.ts";
import { buildClaim, type Announced, type HeldRing, type Run } from "./announcement.ts";
import { findEarlier } from "./earlier-ring.ts";
import { findPhones } from "./find-phones.ts";
import { pushRing } from "./push.ts";

// Decides who pushes: one of the requests that announce a ring, and one of the rings that share phones.

/**
 * How long a repeat waits for the request before it and for those that take over from it, in milliseconds: three
 * claims.
 */
const turnTimeoutMs = 30_000;

/** Pushes for a ring that this request has claimed, unless its phones already ring for an earlier ring of the call. */
export async function takeTurn(services: Services, run: Run, held: HeldRing): Promise<Announced> {
  const earlier = await findEarlier(services, run, held);
  if (earlier === undefined) return pushRing(services, run, held);
  if (earlier.kind === "over") return { ringId: earlier.ringId, answer: earlier.answer ?? overBefore };
  const announced = await awaitTurn(services, run, earlier.ringId);
  return earlier.kind === "joined" ? { ...announced, ringId: held.group[0].id } : announced;
}

/**
 * Waits for the answer that another request gets for a ring. If that request has died, or has reached no phone of a
 * living ring, this one takes over.
 */
export async function awaitTurn(services: Services, run: Run, ringId: string): Promise<Announced> {
  const { clock } = services;
  const giveUpAt = clock.now() + turnTimeoutMs;
  do {
    const stored = await awaitAnswer(services, ringId, giveUpAt - clock.now());
    if (stored === undefined) break;
    if (stored.ring.joined !== undefined) {
      return { ...(await awaitTurn(services, run, stored.ring.joined)), ringId };
    }
    const knownAt = clock.now();
    const turn = await takeOver(services, run, stored);
    if ("answer" in turn) return { ringId, answer: turn.answer };
    if (turn.held !== undefined) {
      const devices = await findDevicesOfGroup(services, turn.held);
      const mayHavePushed = turn.hasDied && (await wereAssignedBefore(services, turn.held));
      return takeTurn(services, run, { group: turn.held, devices, knownAt, mayHavePushed });
    }
  } while (clock.now() < giveUpAt);
  throw new TryAgain("Another request is still waking this exten; retry the same request");
}

/** The devices of a group's extens. These may belong to other users by now; a ring stays with its first owner. */
async function findDevicesOfGroup(services: Services, group: Group): Promise<readonly Device[]> {
  const [{ ring }] = group;
  const lines = [...new Set(group.map((member) => lineOf(member.ring)))];
  const found = (
    await Promise.all(lines.map(async (line) => findPhones(services, { pbxId: ring.pbxId, line })))
  ).flat();
  const owner = ring.uid ?? found[0]?.uid;
  const own = found.filter(({ uid }) => uid === owner);
  return [...new Map(own.map((device) => [device.id, device])).values()];
}

/** Whether one of the extens belonged to its user when its ring began, so that a request that died may have pushed. */
async function wereAssignedBefore(services: Services, group: Group): Promise<boolean> {
  const assigned = group.map(async ({ ring, createTime }) => wasAssignedBefore(services, lineOf(ring), createTime));
  return (await Promise.all(assigned)).includes(true);
}

/** The ring as soon as it has an answer, has joined another, or its claim has expired; `undefined` if it is gone. */
async function awaitAnswer(services: Services, ringId: string, ms: number): Promise<StoredRing | undefined> {
  const { clock } = services;
  return watchUntil(clock, subscribeToRing(services, ringId), {
    ms,
    settlesInMs: (stored) => {
      if (stored === undefined || stored.ring.joined !== undefined || stored.ring.answer !== undefined) return 0;
      return stored.ring.claim.until.toMillis() - clock.now();
    },
  });
}

/**
 * The answer of a ring, or this request's claim on it and whether the request before it died; no claim if another
 * request has it.
 */
async function takeOver(
  services: Services,
  { by }: Run,
  known: StoredRing,
): Promise<{ readonly answer: Answer } | { readonly held: Group | undefined; readonly hasDied: boolean }> {
  let hasDied = false;
  const changed = await changeRing(
    services,
    known.id,
    (group, now) => {
      const hasJoined = group[0].id !== known.id;
      if (hasJoined || findAnswer(group, now) !== undefined || isHeld(group[0].ring, now)) return group;
      const { answer: before, uid: _uid, ...ring } = group[0].ring;
      hasDied = before === undefined;
      const uid = findOwner(group);
      const owned = uid === undefined ? {} : { uid };
      const taken = { ...ring, ...owned, claim: buildClaim(by, now) };
      return withRings(group, (other, { id }) => (id === known.id ? taken : other));
    },
    { known },
  );
  if (changed === undefined) return { held: undefined, hasDied };
  if (changed.group[0].ring.claim.by === by) return { held: changed.group, hasDied };
  // A request before this one may have ended the ring and died before it told the phones.
  await tellPhones(services, changed);
  const answer = findAnswer(changed.group, services.clock.now());
  return answer === undefined ? { held: undefined, hasDied } : { answer };
}

/** The answer that a repeat gets; `undefined` if phones must still be woken. */
function findAnswer(group: Group, now: number): Answer | undefined {
  const { answer } = group[0].ring;
  if (answer === undefined || answer.status === "notified" || answer.status === "ended") return answer;
  return isGroupLiving(group, now) ? undefined : overBefore;
}

/** The user whose phones ring for a group. A ring alone without recorded phones may go to the line's next owner. */
function findOwner(group: Group): string | undefined {
  const isAlone = group.length === 1;
  if (isAlone && Object.keys(group[0].ring.phones).length === 0) return undefined;
  return group.find(({ ring }) => ring.uid !== undefined)?.ring.uid;
}

function isHeld({ answer, claim }: Ring, now: number): boolean {
  return answer === undefined && claim.until.toMillis() > now;
}

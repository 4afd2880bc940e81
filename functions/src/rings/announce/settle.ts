import { forgetDevices } from "../../devices/forget-devices.ts";
import { settleVoip } from "../../devices/settle-voip.ts";
import type { CarriedAt } from "../../transport/outcome.ts";
import { isProbe } from "../../probe/probe-phones.ts";
import { findLine } from "../../lines/lines.ts";
import type { Services } from "../../services.ts";
import { settleAll } from "../../settle-all.ts";
import { settleWithin } from "../../settle-within.ts";
import { changeRing } from "../change-ring.ts";
import { endUnknown, findStopReason, isGroupLiving, withOwner, withPhones, withRings, type Group } from "../group.ts";
import { logAnnounced, logPushed, logVoip } from "../log-rings.ts";
import { lineOf, type StoredRing } from "../ring.ts";
import { tellPhones } from "../tell-phones.ts";
import {
  buildAnswer,
  buildUnrecordedKey,
  type Announced,
  type HeldRing,
  type Pushed,
  type Run,
} from "./announcement.ts";
import { applyPushed } from "./apply-pushed.ts";
import { settleLate } from "./settle-late.ts";

/**
 * If FCM answers for one phone this much later than for the first, in milliseconds, the other outcomes are recorded
 * before.
 */
const stragglerMs = 500;

/** Maximum number of rings whose outcomes are kept in memory while Firestore does not accept them. */
const maxRemembered = 1000;

/** Records the outcomes of all pushes in one write, with the answer for the PBX. */
export async function settleRing(
  services: Services,
  run: Run,
  held: HeldRing,
  pushes: readonly Promise<Pushed>[],
): Promise<Announced> {
  const { id, ring } = held.group[0];
  const key = buildUnrecordedKey(held.group[0]);
  rememberAccepted(services, key, pushes);
  const known = await recordFirst(services, held, pushes);
  const pushed = await Promise.all(pushes);
  const uid = held.devices[0]?.uid ?? (await findLine(services, lineOf(ring)))?.uid;
  const settle = (group: Group, now: number) => {
    return settleGroup(applyPushed(group, pushed, held), run, { held, uid, isOver: wasOver(group, pushed, now), now });
  };
  const changed = await changeRing(services, id, settle, { known, until: ring.claim.until.toMillis() });
  services.unrecorded.delete(key);
  // The ring is gone if its user was erased meanwhile: the PBX still gets its answer, and no record comes back.
  const group = changed?.group ?? settle(held.group, services.clock.now());
  const answer = buildAnswer(group, held.devices, wasOver(group, pushed, services.clock.now()));
  // That its phones do not exist is what the probe is for: there is nothing to forget, to log or to count.
  if (isProbe(ring)) return { ringId: id, answer };
  logPushed(services, id, pushed);
  logVoip(services, id, pushed);
  logAnnounced(services, run, { ringId: id, answer, pushed });
  for (const push of pushed) services.late.add(settleLate(services, held, push));
  const gone = pushed.filter(({ outcome }) => outcome.status === "unregistered");
  const dead = gone.map(({ device }) => ({ registration: device.registration, device }));
  await settleAll<unknown>([
    ...(changed === undefined ? [] : [tellPhones(services, changed)]),
    forgetDevices(services, { sent: pushed.length, dead }),
    settleVoip(services, pushed),
  ]);
  return { ringId: id, answer };
}

/**
 * Keeps accepted pushes in memory: a request that takes over in this instance must not repeat a push that was not
 * recorded.
 */
function rememberAccepted({ unrecorded }: Services, key: string, pushes: readonly Promise<Pushed>[]): void {
  const accepted = new Map<string, CarriedAt>(unrecorded.get(key));
  unrecorded.set(key, accepted);
  const [oldest] = unrecorded.keys();
  if (unrecorded.size > maxRemembered && oldest !== undefined) unrecorded.delete(oldest);
  for (const push of pushes) {
    void push.then(
      (pushed) => pushed.outcome.status === "accepted" && accepted.set(pushed.device.id, pushed),
      () => undefined,
    );
  }
}

/**
 * If FCM is slow for some phones, records the outcomes known so far: a request that takes over after a crash does not
 * repeat those pushes. Phones that must stop by then are told at once.
 */
async function recordFirst(
  services: Services,
  held: HeldRing,
  pushes: readonly Promise<Pushed>[],
): Promise<StoredRing> {
  const [stored] = held.group;
  if (pushes.length < 2) return stored;
  const known: Pushed[] = [];
  for (const push of pushes)
    void push.then(
      (pushed) => known.push(pushed),
      () => undefined,
    );
  await Promise.race(pushes);
  await settleWithin(Promise.all(pushes), stragglerMs);
  if (known.length === pushes.length) return stored;
  try {
    const first = [...known];
    const changed = await changeRing(services, stored.id, (group) => applyPushed(group, first, held), {
      known: stored,
    });
    // The write that settles the ring waits for them, and tells those that could not be told.
    if (changed !== undefined) void tellPhones(services, changed).catch(() => undefined);
    return changed?.group[0] ?? stored;
  } catch (error) {
    services.log.warn("outcome_not_recorded_yet", { callId: stored.id, error });
    return stored;
  }
}

/** Whether the ring was over before any push was sent, or has been ended since. */
function wasOver(group: Group, pushed: readonly Pushed[], now: number): boolean {
  return findStopReason(group, "", now) !== undefined || (pushed.length === 0 && !isGroupLiving(group, now));
}

/** What settling a ring needs besides the outcomes. */
interface Settling {
  readonly held: HeldRing;
  readonly uid: string | undefined;
  readonly isOver: boolean;
  readonly now: number;
}

function settleGroup(group: Group, { by }: Run, { held, uid, isOver, now }: Settling): Group {
  const { devices, mayHavePushed } = held;
  const [leader] = group;
  const reason = mayHavePushed ? findStopReason(group, "", now) : undefined;
  // The request that died may have sent pushes that are not recorded.
  const known = reason === undefined ? group : withPhones(group, endUnknown(leader.ring, devices, reason));
  // If another request has taken over since, that request writes the answer.
  const isOwn = leader.ring.claim.by === by;
  const answered = isOwn ? { answer: buildAnswer(known, devices, isOver) } : {};
  return withRings(withOwner(known, uid), (ring, { id }) => (id === leader.id ? { ...ring, ...answered } : ring));
}

import { byCreation } from "../../functions/src/rings/find-rings.ts";
import { historyMs, type StoredRing } from "../../functions/src/rings/ring.ts";
import type { Services } from "../../functions/src/services.ts";
import type { Span } from "../command/times.ts";
import type { Chosen } from "./choose-rings.ts";
import { collectRings } from "./collect-rings.ts";

/** People tell a time by less than this wrong, in milliseconds. */
const nearMs = 10 * 60_000;

/** More rings than one exten has in that time. */
const maxRings = 100;

/** The rings that are meant, oldest first. */
export interface RingsAt {
  readonly rings: readonly StoredRing[];
  /** They did not ring at the time that was given, but are the nearest to it. */
  readonly isNear: boolean;
}

/** The rings at a time, or the nearest within ten minutes; those of the last call, if no time is given. */
export async function findRingsAt(services: Services, chosen: Chosen, at: Span | undefined): Promise<RingsAt> {
  if (at === undefined) {
    const last = await findLast(services, chosen, services.clock.now() + nearMs);
    return { rings: ofOneCall(last, last[0]), isNear: false };
  }
  const span = { from: at.from - nearMs, to: at.to + nearMs };
  const { rings } = await collectRings(services, { ...chosen, span, limit: maxRings });
  const rang = rings.filter((one) => distanceTo(at, one) === 0);
  if (rang.length > 0) return { rings: rang.toSorted(byCreation), isNear: false };
  const [nearest] = rings.toSorted((one, other) => distanceTo(at, one) - distanceTo(at, other));
  return { rings: ofOneCall(rings, nearest), isNear: nearest !== undefined };
}

/** The PBX that last rang what is meant before a time: its keys tell why it may have failed to. */
export async function findLastPbx(services: Services, chosen: Chosen, before: number): Promise<string | undefined> {
  return (await findLast(services, chosen, before))[0]?.ring.pbxId;
}

/** The rings of one call come together. */
const callSize = 20;

async function findLast(services: Services, chosen: Chosen, before: number): Promise<readonly StoredRing[]> {
  const span = { from: services.clock.now() - historyMs, to: before };
  return (await collectRings(services, { ...chosen, span, limit: callSize })).rings;
}

/** How far a ring is from a time, in milliseconds; 0 if it rang then. */
function distanceTo({ from, to }: Span, { ring: { createdAt, ringEndsAt } }: StoredRing): number {
  return Math.max(0, createdAt.toMillis() - to, from - ringEndsAt.toMillis());
}

/** The rings of the call of one of them, oldest first. */
function ofOneCall(rings: readonly StoredRing[], one: StoredRing | undefined): readonly StoredRing[] {
  return rings.filter(({ ring }) => ring.callKey === one?.ring.callKey).toSorted(byCreation);
}

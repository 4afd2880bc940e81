import { isLiving, statusAt, type Group } from "../rings/group.ts";
import type { Ring, StoredRing } from "../rings/ring.ts";
import { findRow } from "../rings/verdict/finding.ts";
import { buildCase, type PhoneCase } from "../rings/verdict/phone-case.ts";
import { phoneTable, ringTable } from "../rings/verdict/verdict.ts";
import { countPhones, findWake, wasReached } from "./count-phones.ts";
import { addCauses, addNamed, type CauseCount, type Counters } from "./counters.ts";
import { tallyOf, type Outcome } from "./tally.ts";

/** What is known besides the ring. */
export interface Around {
  /** The rings that share its phones, as for its verdict. */
  readonly group: Group;
  /** Other rings of its user: a phone may have been in another call. */
  readonly others: readonly StoredRing[];
  /** When it is counted. A ring that is over counts the same at any later time. */
  readonly now: number;
}

/** Causes need no sentences, and so no times in words. */
const untold = () => "";

/** Counts one ring and its phones. Those of a ring that has joined another count with that one. */
export function countRing({ id, ring }: StoredRing, { group, others, now }: Around): Counters {
  const [leader] = group;
  const around = { group, others, now, at: untold };
  const cases = Object.entries(leader.ring.phones)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([deviceId, phone]) => buildCase(deviceId, phone, around));
  const own = id === leader.id ? cases : [];
  const outcome = findOutcome(ring, cases, now);
  const wakes = own.flatMap((one) => findWake(one) ?? []);
  return {
    rings: tallyOf({
      isReached: cases.some(wasReached),
      isReady: cases.some(({ wasReady }) => wasReady),
      outcome,
      wakeMs: wakes.length === 0 ? undefined : Math.min(...wakes),
    }),
    causes: countCauses(cases, own, outcome === "missed", () => {
      // Whether a line is written in another way today says nothing of that day: it counts as no line.
      return findRow(ringTable, { ring: leader.ring, similarLines: [], now, at: untold }).cause;
    }),
    ...countPhones(own, outcome),
  };
}

/** How a ring ended; `undefined` while it lives. */
function findOutcome(ring: Ring, cases: readonly PhoneCase[], now: number): Outcome | undefined {
  const { status, reason } = statusAt(ring, now);
  if (ring.answeredAt !== undefined || reason === "answered" || reason === "answered_elsewhere") return "answered";
  if (isLiving(ring, now)) return undefined;
  const isByPhone = cases.some(({ phone: { state } }) => state === "declined");
  // A PBX whose desk phone declines may call that busy.
  if (status === "declined" || reason === "declined" || (reason === "busy" && isByPhone)) return "declined";
  return "missed";
}

/** A verdict for each phone, or one for a ring without phones; and why the ring was missed, if it was. */
function countCauses(
  cases: readonly PhoneCase[],
  own: readonly PhoneCase[],
  isMissed: boolean,
  findRingCause: () => string,
): ReadonlyMap<string, CauseCount> {
  const missed = isMissed ? 1 : 0;
  const farthest = cases.toSorted((one, other) => rank(one) - rank(other))[0];
  if (farthest === undefined) return new Map([[findRingCause(), { missed, verdicts: 1 }]]);
  const causes = new Map<string, CauseCount>();
  addNamed(
    causes,
    own.map((one) => [causeOf(one), { missed: 0, verdicts: 1 }] as const),
    addCauses,
  );
  if (isMissed) addNamed(causes, [[causeOf(farthest), { missed, verdicts: 0 }]], addCauses);
  return causes;
}

function causeOf(one: PhoneCase): string {
  return findRow(phoneTable, one).cause;
}

/** How far a phone came: why the farthest did not ring, or was not answered, is why the ring was missed. */
function rank(one: PhoneCase): number {
  if (one.wasReady) return 0;
  if (one.heardAt !== undefined) return 1;
  return one.acceptedAt !== undefined ? 2 : 3;
}

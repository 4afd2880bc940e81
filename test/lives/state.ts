/** When something happened: between these two moments, in milliseconds since the epoch. */
export type Span = readonly [from: number, to: number];

/** One ring of one exten. */
export interface Ring {
  readonly exten: string;
  readonly uid: string;
  readonly ringId: string | undefined;
  /** Rings with the same group are one call to a phone. */
  readonly group: number;
  readonly endsAt: Span;
  readonly state: "living" | "answered" | "silenced" | "ended" | "expired";
  /** When an end closed it. From then on it forbids a ring without a ring_id. */
  readonly closedAt?: Span;
  /** When an end or an answer stopped it. */
  readonly stoppedAt?: Span;
  /**
   * Until when its end may still be telling its phones: a later end tells them then. Infinity if the request of its end may
   * have died.
   */
  readonly untoldUntil?: number;
  /** Whether FCM accepted a push for it, and the position of that push among the call's. */
  readonly isReached: boolean;
  readonly reach?: number;
  /** A request that may have died sent its push, so the phones that got it may be unknown. */
  readonly isUnrecorded?: boolean;
  /** An end that names it ended it, with an answer as the reason. */
  readonly saysAnswered?: boolean;
  /** Its announcement was answered ENDED, so an end must have come in the meantime. */
  readonly mustEnd?: boolean;
}

/** A remembered end, which may have come before its ring. */
export interface Mark {
  readonly exten?: string | undefined;
  readonly ringId?: string | undefined;
  readonly at: Span;
}

/** The rings of a call, and the ends that are remembered. */
export interface State {
  readonly rings: readonly Ring[];
  readonly marks: readonly Mark[];
}

export const emptyState: State = { rings: [], marks: [] };

/** Whether `at` is less than `ms` after `since`: true, false, or both when the spans are too close to tell. */
export function isWithin(ms: number, since: Span, at: Span): readonly boolean[] {
  if (at[1] - since[0] < ms) return [true];
  return at[0] - since[1] >= ms ? [false] : [true, false];
}

/** The possible states at `at`, after rings have expired. */
export function atTime(state: State, at: Span): readonly State[] {
  let states: readonly State[] = [state];
  for (const [index, ring] of state.rings.entries()) {
    if (ring.state !== "living") continue;
    const isOver = isWithin(0, ring.endsAt, at).map((lives) => !lives);
    states = states.flatMap((one) =>
      isOver.map((over) => (over ? withRing(one, index, { ...ring, state: "expired" }) : one)),
    );
  }
  return states;
}

export function withRing(state: State, index: number, ring: Ring): State {
  return { ...state, rings: state.rings.with(index, ring) };
}

/** A user's call, as its phones know it: the exten in its push, and its place among the user's calls of that exten. */
export interface PhoneCall {
  readonly exten: string;
  readonly nth: number;
}

/**
 * The groups of a user's rings that reached a phone, by the exten of their first ring, in the order of their pushes. Pushes
 * of different extens may overtake each other.
 */
export function reachedGroups({ rings }: State, uid: string): ReadonlyMap<string, readonly number[]> {
  const own = rings.filter((ring) => ring.uid === uid && ring.isReached);
  const inOrder = own.toSorted((one, other) => (one.reach ?? 0) - (other.reach ?? 0));
  const groups = [...new Set(inOrder.map(({ group }) => group))];
  return Map.groupBy(groups, (group) => rings.find((ring) => ring.group === group)!.exten);
}

/** The group that a phone knows as a call. */
export function findGroup(state: State, uid: string, { exten, nth }: PhoneCall): number | undefined {
  return reachedGroups(state, uid).get(exten)?.[nth];
}

/** The change to a ring that gets the call's next push. */
export function reached({ rings }: State): Pick<Ring, "isReached" | "reach"> {
  return { isReached: true, reach: Math.max(0, ...rings.map(({ reach }) => reach ?? 0)) + 1 };
}

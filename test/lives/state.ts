/** Between which two moments something happened. */
export type Span = readonly [from: number, to: number];

/** One exten of a call being rung. */
export interface Ring {
  readonly exten: string;
  readonly uid: string;
  readonly ringId: string | undefined;
  /** Rings of one number are one call to a phone. */
  readonly group: number;
  readonly endsAt: Span;
  readonly state: "living" | "answered" | "silenced" | "ended" | "expired";
  /** When an end closed it, from which on it forbids a ring without a name. */
  readonly overAt?: Span;
  /** When an end or an answer took its life. */
  readonly fellAt?: Span;
  /** The end that closed it may have died before it told the phones: its repeat does that. */
  readonly mayBeUntold?: boolean;
  /** Whether FCM took a push for it, and as which of the call's. */
  readonly isReached: boolean;
  readonly reach?: number;
  /** It was ended by name, with an answer as the reason. */
  readonly saysAnswered?: boolean;
  /** Its announcement was answered ENDED: something must have ended it meanwhile. */
  readonly mustEnd?: boolean;
}

/** An end that may have come before what it ends. */
export interface Mark {
  readonly exten?: string | undefined;
  readonly ringId?: string | undefined;
  readonly at: Span;
}

/** How a call stands. */
export interface State {
  readonly rings: readonly Ring[];
  readonly marks: readonly Mark[];
}

export const nothing: State = { rings: [], marks: [] };

/** What is true, false or, where two moments are too close, both. */
export function isWithin(ms: number, since: Span, at: Span): readonly boolean[] {
  if (at[1] - since[0] < ms) return [true];
  return at[0] - since[1] >= ms ? [false] : [true, false];
}

/** The states a call may be in at a moment, seeing that rings come to an end by themselves. */
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

/** What a user's phones know as calls, in the order of their first pushes: groups of rings of which one has reached them. */
export function reachedGroups({ rings }: State, uid: string): readonly number[] {
  const own = rings.filter((ring) => ring.uid === uid && ring.isReached);
  const inOrder = own.toSorted((one, other) => (one.reach ?? 0) - (other.reach ?? 0));
  return [...new Set(inOrder.map(({ group }) => group))];
}

/** What becomes of a ring whose push is the call's next. */
export function reached({ rings }: State): Pick<Ring, "isReached" | "reach"> {
  return { isReached: true, reach: Math.max(0, ...rings.map(({ reach }) => reach ?? 0)) + 1 };
}

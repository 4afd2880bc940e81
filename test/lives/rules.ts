// What a call's rings may be after what was done to them. Where the rules leave a choice, every choice is a state of its own.
//
//  1 A phone rings exactly while a ring of its owner lives.
//  2 The same announcement again pushes nothing, a new one rings again. It is the same by call, exten and ring_id; without
//    ring_id a living ring of the exten makes it so, and one that ended less than ten seconds ago makes it answer ENDED.
//  3 An end ends what it names: a ring_id for good; an exten its living rings, and only without one it is remembered for ten
//    seconds; a call its living rings, and is remembered for ten seconds.
//  4 An answer silences the rings that were created before it, and closes nothing.
//  5 What reached no phone is tried again by the same announcement. A ring lives no longer than its time.
//  6 A later ring of a user in a call joins the one that lives.
import {
  atTime,
  isWithin,
  reached,
  reachedGroups,
  withRing,
  type Mark,
  type Ring,
  type Span,
  type State,
} from "./state.ts";

/** How long an end of an exten or of a call is remembered. */
const memoryMs = 10_000;

/** What the PBX heard of an announcement: phones were reached, it is over, no phone was reached; or nothing, as its instance died. */
export type Heard = "ok" | "ended" | "nak" | "none";

/** When something was done: by the clock, and by its place among all that was begun and answered. */
export interface Timed {
  readonly at: Span;
  readonly place: Span;
}

/** A ring announced, and what came of it. */
export interface Announce extends Timed {
  readonly kind: "announce";
  readonly exten: string;
  readonly uid: string;
  readonly ringId: string | undefined;
  readonly ringMs: number;
  readonly heard: Heard;
  /** Whether FCM takes its pushes for sure, and whether it can take any. */
  readonly isSure: boolean;
  readonly isPossible: boolean;
  /** Whether its user has no other exten. */
  readonly isOnlyExten: boolean;
  /** Nothing else was going on. */
  readonly isAlone: boolean;
}

/** An end; with neither ring nor exten it is the call's. */
export interface End extends Timed {
  readonly kind: "end";
  readonly ringId: string | undefined;
  readonly exten: string | undefined;
  readonly reason: string;
  /** It was not answered: it may have happened, or not. */
  readonly mayBeLost: boolean;
}

/** A phone that has answered: its user, and which of that user's calls, counted from 0. */
export interface AnswerReport extends Timed {
  readonly kind: "answer";
  readonly uid: string;
  readonly nth: number;
  readonly mayBeLost: boolean;
}

export type Act = Announce | End | AnswerReport;

/** The states that an act may lead to; none when what was heard of it cannot be. */
export function step(state: State, act: Act): readonly State[] {
  const before = atTime(state, act.at);
  const lost = act.kind !== "announce" && act.mayBeLost ? [state] : [];
  switch (act.kind) {
    case "announce":
      return before.flatMap((one) => announce(one, act));
    case "end":
      return [
        ...lost,
        ...before.flatMap((one) => end(one, act).map((after) => (act.mayBeLost ? leaveUntold(one, after) : after))),
      ];
    case "answer":
      return [...lost, ...before.flatMap((one) => answer(one, act))];
  }
}

function announce(state: State, act: Announce): readonly State[] {
  const { exten, ringId } = act;
  const isSame = (ring: Ring) =>
    ring.exten === exten && (ringId === undefined ? ring.state === "living" : ring.ringId === ringId);
  const known = state.rings.findLastIndex(isSame);
  const repeated = known >= 0 ? repeat(state, known, act) : [];
  if (known >= 0 && (ringId !== undefined || repeated.length > 0)) return repeated;
  return isForbidden(state, act).flatMap((forbidden) => {
    if (forbidden) return forbid(state, act);
    const nameless = state.rings.findLastIndex(
      (ring) => ring.exten === exten && ring.ringId === undefined && ring.state === "living",
    );
    if (ringId === undefined || nameless < 0) return create(state, act);
    const adopted = withRing(state, nameless, { ...state.rings[nameless]!, ringId });
    return act.heard === "none" ? [state, ...repeat(adopted, nameless, act)] : repeat(adopted, nameless, act);
  });
}

/** A ring with a name that was ended before a push left is over for good: its announcement gets that answer ever after. */
function forbid(state: State, { exten, uid, ringId, at, heard }: Announce): readonly State[] {
  if (heard !== "ended" && heard !== "none") return [];
  if (ringId === undefined) return [state];
  // Whether the time of its own end keeps others from ringing, the rules leave open.
  const over = { state: "ended", overAt: [0, at[1]], isReached: false } as const;
  const closed: State = { ...state, rings: [...state.rings, { exten, uid, ringId, group: -1, endsAt: at, ...over }] };
  return heard === "ended" ? [closed] : [state, closed];
}

/** Whether an end forbids a new ring. */
function isForbidden({ rings, marks }: State, { exten, ringId, at }: Announce): readonly boolean[] {
  const forGood = marks.some(
    (mark) => mark.ringId !== undefined && mark.ringId === ringId && (mark.exten ?? exten) === exten,
  );
  if (forGood) return [true];
  const ends = marks.filter((mark) => mark.ringId === undefined && (mark.exten ?? exten) === exten);
  const ended = rings.filter((ring) => ringId === undefined && ring.exten === exten && ring.overAt !== undefined);
  const spans = [...ends.map((mark) => mark.at), ...ended.map(({ overAt }) => overAt!)];
  const recent = spans.map((span) => isWithin(memoryMs, span, at));
  if (recent.some((isRecent) => !isRecent.includes(false))) return [true];
  return recent.some((isRecent) => isRecent.includes(true)) ? [true, false] : [false];
}

function repeat(state: State, index: number, { heard, isSure, isPossible, isAlone }: Announce): readonly State[] {
  const ring = state.rings[index]!;
  const isLiving = ring.state === "living";
  if (heard === "none") return isLiving ? [state, withRing(state, index, { ...ring, ...reached(state) })] : [state];
  // A ring that has joined it may have reached its phones.
  const isReached = ring.isReached || state.rings.some(({ group, ...one }) => group === ring.group && one.isReached);
  // Its first announcement may have been answered ENDED, when the end came while it was pushing.
  if (isReached) return heard === "ok" || (heard === "ended" && !isLiving) ? [state] : endsLater();
  if (!isLiving) return heard === "ended" || heard === "nak" ? [state] : [];
  if (heard === "ok") return isPossible ? [withRing(state, index, { ...ring, ...reached(state) })] : [];
  if (heard === "nak") return isSure ? [] : [state];
  return endsLater();

  function endsLater(): readonly State[] {
    if (heard !== "ended" || isAlone) return [];
    const ending = { ...ring, mustEnd: true };
    return [withRing(state, index, ending), withRing(state, index, { ...ending, ...reached(state) })];
  }
}

function create(state: State, act: Announce): readonly State[] {
  const { exten, uid, ringId, at, ringMs, heard, isSure, isPossible, isAlone } = act;
  const fresh = Math.max(-1, ...state.rings.map((ring) => ring.group)) + 1;
  const living = state.rings.filter((ring) => ring.uid === uid && ring.state === "living");
  // The phones ring for as long as their push has said: as long as the first ring of the group.
  const stillRings = ({ group }: Ring) => isWithin(0, state.rings.find((one) => one.group === group)!.endsAt, at);
  const first = living.find((ring) => stillRings(ring).includes(true));
  const endsAt: Span = [at[0] + ringMs, at[1] + ringMs];
  const build = (group: number): readonly State[] => {
    const ring: Ring = { exten, uid, ringId, group, endsAt, state: "living", isReached: false };
    const add = (more: Partial<Ring>): State => ({ ...state, rings: [...state.rings, { ...ring, ...more }] });
    // The phones that took the first ring's push ring for this one, also when none could take another.
    const canReach = isPossible || state.rings.some((one) => one.group === group && one.isReached);
    switch (heard) {
      case "ok":
        return canReach ? [add(reached(state))] : [];
      case "nak":
        return isSure ? [] : [add({})];
      case "ended":
        return isAlone ? [] : [add({ mustEnd: true }), add({ mustEnd: true, ...reached(state) })];
      case "none":
        return [state, add({}), add(reached(state))];
    }
  };
  const joined = first === undefined ? [] : build(first.group);
  // It may have found a ring alive whose life was being taken: then the phones of that one ring on for it.
  const met = state.rings.filter((ring) => ring.uid === uid && isMet(ring, at)).flatMap(({ group }) => build(group));
  // Rule 6 costs a request, which a user with one exten is spared whose PBX names its rings: two such at a time are two calls.
  const isFree = first === undefined || act.isOnlyExten || stillRings(first).includes(false);
  const alone = isFree ? build(fresh) : [];
  return [...joined, ...met, ...alone];
}

/** Whether a ring that lives no longer may have been found alive by what was done at that time. */
function isMet({ fellAt }: Ring, at: Span): boolean {
  return fellAt !== undefined && fellAt[1] >= at[0];
}

function end(state: State, { ringId, exten, reason, at }: End): readonly State[] {
  const isNamed = (ring: Ring) => exten === undefined || ring.exten === exten;
  if (ringId !== undefined) {
    const rings = state.rings.map((ring) => (ring.ringId === ringId && isNamed(ring) ? close(ring, at, reason) : ring));
    return [{ rings, marks: [...state.marks, { ringId, exten, at }] }];
  }
  const isOver = (ring: Ring) => ring.state === "living" && isNamed(ring);
  if (exten === undefined && reason === "answered_elsewhere") {
    return [{ ...state, rings: state.rings.map((ring) => (isOver(ring) ? silence(ring, at) : ring)) }];
  }
  const rings = state.rings.map((ring) => (isOver(ring) ? close(ring, at, reason) : ring));
  if (exten !== undefined && state.rings.some(isOver)) return [{ ...state, rings }];
  // Whether the end of an exten that has answered is remembered as well, the rules leave open.
  const isOpen = exten !== undefined && state.rings.some((ring) => isNamed(ring) && ring.state === "answered");
  const mark: Mark = { exten, at: isOpen ? [0, at[1]] : at };
  const marked: State = { rings, marks: [...state.marks, mark] };
  // Ends of an exten at the same time may all find the ring that one of them ends: none of them is remembered then. Neither is
  // the repeat of an end that has to tell the phones.
  return exten !== undefined &&
    state.rings.some((ring) => isNamed(ring) && (isMet(ring, at) || ring.mayBeUntold === true))
    ? [state, marked]
    : [marked];
}

/** Rings that an end has closed whose request has died. */
function leaveUntold(before: State, after: State): State {
  const rings = after.rings.map((ring, index) =>
    ring.state === before.rings[index]?.state ? ring : { ...ring, mayBeUntold: true },
  );
  return { ...after, rings };
}

function silence(ring: Ring, at: Span): Ring {
  return { ...ring, state: "silenced", fellAt: at };
}

/** One that was answered stays so: what its status says then is left open, as is whether the end of a silenced one forbids others. */
function close(ring: Ring, at: Span, reason: string): Ring {
  if (ring.state === "answered") return { ...ring, overAt: [0, at[1]] };
  if (ring.state !== "living" && ring.state !== "silenced") return ring;
  const over = ring.state === "living" ? { overAt: at, fellAt: at } : { overAt: [0, at[1]] as const };
  return { ...ring, ...over, state: "ended", saysAnswered: reason === "answered_elsewhere" };
}

function answer(state: State, { uid, nth, at }: AnswerReport): readonly State[] {
  const group = reachedGroups(state, uid)[nth];
  const own = (ring: Ring) => ring.uid === uid && ring.group === group;
  const take = (states: readonly Ring["state"][]): State => ({
    ...state,
    rings: state.rings.map((ring) => {
      if (own(ring)) return states.includes(ring.state) ? { ...ring, state: "answered", fellAt: at } : ring;
      return ring.state === "living" ? silence(ring, at) : ring;
    }),
  });
  const rings = state.rings.filter(own);
  if (rings.some((ring) => ring.state === "living")) return [take(["living"]), take(["living", "silenced"])];
  // An answer may take back what an answer has silenced. The rules leave open whether one counts after the ring's time, or
  // after an end that names the ring and says that another has answered.
  if (rings.some((ring) => ring.state === "silenced")) return [take(["silenced"])];
  if (rings.some((ring) => ring.state === "expired")) return [state, take(["expired"])];
  if (rings.some(({ saysAnswered }) => saysAnswered)) return [state, take(["ended"])];
  return rings.some((ring) => ring.state === "answered") ? [state, take([])] : [state];
}

// The rules of a call's rings: the states that an operation may lead to, by its answer. Where the rules leave a choice, each
// choice is a state of its own.
//
//  1 A phone rings exactly while a ring of its owner lives.
//  2 A repeated announcement pushes nothing, a new one rings again. A repeat has the same call, exten and ring_id. Without a
//    ring_id it is a repeat while a ring of the exten lives, and is answered ENDED for ten seconds after that ring's end.
//  3 An end by ring_id ends that ring for good. An end of an exten ends its living rings; if there is none, it is remembered
//    for ten seconds. An end of a call ends its living rings and is remembered for ten seconds.
//  4 An answer silences the rings that were created before it, and closes nothing.
//  5 A ring that reached no phone is tried again by the same announcement. A ring lives no longer than its ring time.
//  6 A later ring of a user in a call joins the living one.
import {
  atTime,
  isWithin,
  reached,
  findGroup,
  withRing,
  type Mark,
  type PhoneCall,
  type Ring,
  type Span,
  type State,
} from "./state.ts";

/** How long an end of an exten or of a call is remembered. */
const memoryMs = 10_000;

/**
 * The PBX's answer to an announcement: phones were reached, the ring is over, no phone was reached, or none because the
 * instance died.
 */
export type Heard = "ok" | "ended" | "nak" | "none";

/** When an operation ran: by the clock, and by the order of all starts and answers. */
export interface Timed {
  readonly at: Span;
  readonly place: Span;
}

/** An announcement and its answer. */
export interface Announce extends Timed {
  readonly kind: "announce";
  readonly exten: string;
  readonly uid: string;
  readonly ringId: string | undefined;
  readonly ringMs: number;
  readonly heard: Heard;
  /** Whether FCM certainly accepts its pushes, and whether it can accept any. */
  readonly isSure: boolean;
  readonly isPossible: boolean;
  /** Whether its user has no other exten. */
  readonly isOnlyExten: boolean;
  /** Whether no other operation ran at the time. */
  readonly isAlone: boolean;
}

/** An end; without a ring_id and an exten it ends the call. */
export interface End extends Timed {
  readonly kind: "end";
  readonly ringId: string | undefined;
  readonly exten: string | undefined;
  readonly reason: string;
  /** It got no answer, so it may have taken effect or not. */
  readonly mayBeLost: boolean;
}

/** A phone's report `answered`: its user, and which of that user's calls. */
export interface AnswerReport extends Timed {
  readonly kind: "answer";
  readonly uid: string;
  readonly call: PhoneCall;
  readonly mayBeLost: boolean;
}

export type Operation = Announce | End | AnswerReport;

/** The states that an operation may lead to; none when its answer is impossible. */
export function step(state: State, operation: Operation): readonly State[] {
  const before = atTime(state, operation.at);
  const lost = operation.kind !== "announce" && operation.mayBeLost ? [state] : [];
  switch (operation.kind) {
    case "announce":
      return before.flatMap((one) => announce(one, operation));
    case "end":
      return [
        ...lost,
        ...before.flatMap((one) =>
          end(one, operation).map((after) => (operation.mayBeLost ? leaveUntold(one, after) : after)),
        ),
      ];
    case "answer":
      return [...lost, ...before.flatMap((one) => answer(one, operation))];
  }
}

function announce(state: State, operation: Announce): readonly State[] {
  const { exten, ringId } = operation;
  const isSame = (ring: Ring) =>
    ring.exten === exten && (ringId === undefined ? ring.state === "living" : ring.ringId === ringId);
  const known = state.rings.findLastIndex(isSame);
  const repeated = known >= 0 ? repeat(state, known, operation) : [];
  if (known >= 0 && (ringId !== undefined || repeated.length > 0)) return repeated;
  return isForbidden(state, operation).flatMap((forbidden) => {
    if (forbidden) return forbid(state, operation);
    const nameless = state.rings.findLastIndex(
      (ring) => ring.exten === exten && ring.ringId === undefined && ring.state === "living",
    );
    if (ringId === undefined || nameless < 0) return create(state, operation);
    const adopted = withRing(state, nameless, { ...state.rings[nameless]!, ringId });
    return operation.heard === "none"
      ? [state, ...repeat(adopted, nameless, operation)]
      : repeat(adopted, nameless, operation);
  });
}

/** A ring with a ring_id that was ended before its push is over for good: its announcement is always answered ENDED. */
function forbid(state: State, { exten, uid, ringId, at, heard }: Announce): readonly State[] {
  if (heard !== "ended" && heard !== "none") return [];
  if (ringId === undefined) return [state];
  // The rules leave open whether the time of its own end forbids other rings.
  const over = { state: "ended", closedAt: [0, at[1]], isReached: false } as const;
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
  const ended = rings.filter((ring) => ringId === undefined && ring.exten === exten && ring.closedAt !== undefined);
  const spans = [...ends.map((mark) => mark.at), ...ended.map(({ closedAt }) => closedAt!)];
  const recent = spans.map((span) => isWithin(memoryMs, span, at));
  if (recent.some((isRecent) => !isRecent.includes(false))) return [true];
  return recent.some((isRecent) => isRecent.includes(true)) ? [true, false] : [false];
}

function repeat(state: State, index: number, { heard, isSure, isPossible, isAlone }: Announce): readonly State[] {
  const ring = state.rings[index]!;
  const isLiving = ring.state === "living";
  if (heard === "none") return isLiving ? [state, withRing(state, index, { ...ring, ...unrecorded(state) })] : [state];
  // Its phones may have been reached by a ring that joined it. A phone that has left its owner is not found by a repeat, unless
  // the ring has recorded its push.
  const isReached = ring.isReached || state.rings.some(({ group, ...one }) => group === ring.group && one.isReached);
  // Its first announcement may have been answered ENDED, when the end came during the push.
  if (isReached && heard === "nak") return !isSure && (!ring.isReached || ring.isUnrecorded === true) ? [state] : [];
  if (isReached) return heard === "ok" || (heard === "ended" && !isLiving) ? [state] : requireEnd();
  if (!isLiving) return heard === "ended" || heard === "nak" ? [state] : [];
  if (heard === "ok") return isPossible ? [withRing(state, index, { ...ring, ...reached(state) })] : [];
  if (heard === "nak") return isSure ? [] : [state];
  return requireEnd();

  function requireEnd(): readonly State[] {
    if (heard !== "ended" || isAlone) return [];
    const ending = { ...ring, mustEnd: true };
    return [withRing(state, index, ending), withRing(state, index, { ...ending, ...reached(state) })];
  }
}

/** The change to a ring whose push was sent by a request that got no answer. */
function unrecorded(state: State): Partial<Ring> {
  return { ...reached(state), isUnrecorded: true };
}

function create(state: State, operation: Announce): readonly State[] {
  const { exten, uid, ringId, at, ringMs, heard, isSure, isPossible, isAlone } = operation;
  const fresh = Math.max(-1, ...state.rings.map((ring) => ring.group)) + 1;
  const living = state.rings.filter((ring) => ring.uid === uid && ring.state === "living");
  // Phones ring for as long as their push says, which is the ring time of the group's first ring.
  const stillRings = ({ group }: Ring) => isWithin(0, state.rings.find((one) => one.group === group)!.endsAt, at);
  const first = living.find((ring) => stillRings(ring).includes(true));
  const endsAt: Span = [at[0] + ringMs, at[1] + ringMs];
  const build = (group: number): readonly State[] => {
    const ring: Ring = { exten, uid, ringId, group, endsAt, state: "living", isReached: false };
    const add = (more: Partial<Ring>): State => ({ ...state, rings: [...state.rings, { ...ring, ...more }] });
    // Phones that got the first ring's push ring for this one, too, even when no phone could get another push.
    const canReach = isPossible || state.rings.some((one) => one.group === group && one.isReached);
    switch (heard) {
      case "ok":
        return canReach ? [add(reached(state))] : [];
      case "nak":
        return isSure ? [] : [add({})];
      case "ended":
        return isAlone ? [] : [add({ mustEnd: true }), add({ mustEnd: true, ...reached(state) })];
      case "none":
        return [state, add({}), add(unrecorded(state))];
    }
  };
  const joined = first === undefined ? [] : build(first.group);
  // It may have read a ring just before that was stopped: then the phones of that ring go on ringing for it.
  const met = state.rings
    .filter((ring) => ring.uid === uid && mayHaveBeenLiving(ring, at))
    .flatMap(({ group }) => build(group));
  // Rule 6 costs a request. A user with one exten whose PBX names its rings is spared it: two rings at the same time are two
  // calls then.
  const isFree = first === undefined || operation.isOnlyExten || stillRings(first).includes(false);
  const alone = isFree ? build(fresh) : [];
  return [...joined, ...met, ...alone];
}

/** Whether an operation at that time may have read the ring as living before it was stopped. */
function mayHaveBeenLiving({ stoppedAt }: Ring, at: Span): boolean {
  return stoppedAt !== undefined && stoppedAt[1] >= at[0];
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
  // The rules leave open whether the end of an answered exten is remembered as well.
  const isOpen = exten !== undefined && state.rings.some((ring) => isNamed(ring) && ring.state === "answered");
  const mark: Mark = { exten, at: isOpen ? [0, at[1]] : at };
  const marked: State = { rings, marks: [...state.marks, mark] };
  // Concurrent ends may all find the ring of the exten that one of them ends, or its phones that are not told yet; then no end
  // of the exten is remembered. Nor is the repeat of an end that still has to send end pushes.
  const mayBeUntold = ({ untoldUntil }: Ring) => untoldUntil !== undefined && untoldUntil >= at[0];
  return exten !== undefined &&
    state.rings.some((ring) => isNamed(ring) && (mayHaveBeenLiving(ring, at) || mayBeUntold(ring)))
    ? [state, marked]
    : [marked];
}

/** Marks the rings that an end has closed whose request died. */
function leaveUntold(before: State, after: State): State {
  const rings = after.rings.map((ring, index) =>
    ring === before.rings[index] ? ring : { ...ring, untoldUntil: Number.POSITIVE_INFINITY },
  );
  return { ...after, rings };
}

function silence(ring: Ring, at: Span): Ring {
  return { ...ring, state: "silenced", stoppedAt: at };
}

/**
 * An answered ring stays answered: the rules leave open its status after the end, and whether the end of a silenced ring
 * forbids others.
 */
function close(ring: Ring, at: Span, reason: string): Ring {
  if (ring.state === "answered") return { ...ring, closedAt: [0, at[1]] };
  if (ring.state === "expired") return { ...ring, untoldUntil: at[1] };
  if (ring.state !== "living" && ring.state !== "silenced") return ring;
  const over = ring.state === "living" ? { closedAt: at, stoppedAt: at } : { closedAt: [0, at[1]] as const };
  return { ...ring, ...over, state: "ended", saysAnswered: reason === "answered_elsewhere" };
}

function answer(state: State, { uid, call, at }: AnswerReport): readonly State[] {
  const group = findGroup(state, uid, call);
  const own = (ring: Ring) => ring.uid === uid && ring.group === group;
  const take = (states: readonly Ring["state"][], silencesOthers = true): State => ({
    ...state,
    rings: state.rings.map((ring) => {
      if (own(ring)) return states.includes(ring.state) ? { ...ring, state: "answered", stoppedAt: at } : ring;
      return silencesOthers && ring.state === "living" ? silence(ring, at) : ring;
    }),
  });
  const rings = state.rings.filter(own);
  if (rings.some((ring) => ring.state === "living")) return [take(["living"]), take(["living", "silenced"])];
  // An answer may bring back a ring that another answer silenced: it is that answer, and silences no ring that came
  // later. The rules leave open whether an answer counts after the ring's time, or after an end that names the ring with
  // the reason answered_elsewhere.
  if (rings.some((ring) => ring.state === "silenced")) return [take(["silenced"], false)];
  if (rings.some((ring) => ring.state === "expired")) return [state, take(["expired"])];
  if (rings.some(({ saysAnswered }) => saysAnswered)) return [state, take(["ended"])];
  return rings.some((ring) => ring.state === "answered") ? [state, take([])] : [state];
}

import { atTime, findGroup, reachedGroups, type PhoneCall, type Ring, type Span, type State } from "./state.ts";
import type { Phone } from "./phone.ts";

/** A ring as `GET /calls/{call_id}` shows it. */
export interface ShownRing {
  readonly exten: string;
  readonly ring_id?: string;
  readonly status: string;
}

/** A call as `GET /calls/{call_id}` shows it. */
export interface ShownCall {
  readonly status: string;
  readonly rings: readonly ShownRing[];
}

/** Everything that can be observed of a call. */
export interface Seen {
  readonly at: Span;
  readonly phones: readonly Phone[];
  /** The user who owns an exten. */
  readonly ownerOf: (exten: string) => string;
  /** The service's status of the call. */
  readonly shown: ShownCall | "unknown" | "not asked";
}

/** A call of a user, by the id in its pushes. */
export interface SeenCall extends PhoneCall {
  readonly callId: string;
}

/** Each user's calls, those of an exten in the order in which FCM accepted their first pushes. */
export function orderCalls({
  phones,
  ownerOf,
}: Pick<Seen, "phones" | "ownerOf">): ReadonlyMap<string, readonly SeenCall[]> {
  const pushes = phones.flatMap((phone) => [...phone.calls.values()]);
  const ordered = pushes.toSorted((one, other) => one.acceptedAt - other.acceptedAt);
  const byUser = Map.groupBy(ordered, ({ exten }) => ownerOf(exten));
  return new Map(
    [...byUser].map(([uid, own]) => {
      const ofExten = Map.groupBy(own, ({ exten }) => exten);
      const calls = [...ofExten].flatMap(([exten, some]) =>
        [...new Set(some.map(({ callId }) => callId))].map((callId, nth) => ({ callId, exten, nth })),
      );
      return [uid, calls];
    }),
  );
}

/** The states at the time of `seen` that match it, and for the others what contradicts them. */
export function compare(
  states: readonly State[],
  seen: Seen,
): { agreeing: readonly State[]; complaints: readonly string[] } {
  const timely = states.flatMap((state) => atTime(state, seen.at));
  const complaints = timely.map((state) => findContradiction(state, seen));
  return {
    agreeing: timely.filter((_, index) => complaints[index] === undefined),
    complaints: [...new Set(complaints.filter((complaint) => complaint !== undefined))],
  };
}

/** The first observation that contradicts a state. */
function findContradiction(state: State, seen: Seen): string | undefined {
  const overdue = state.rings.find(({ mustEnd, state: at }) => mustEnd === true && at === "living");
  if (overdue !== undefined) return `the ring of ${overdue.exten} was answered ENDED and no end came`;
  const calls = orderCalls(seen);
  const users = new Set([...calls.keys(), ...state.rings.map(({ uid }) => uid)]);
  for (const uid of users) {
    const known = calls.get(uid) ?? [];
    const expected = [...reachedGroups(state, uid).values()].flat().length;
    if (known.length !== expected)
      return `${uid} got pushes of ${known.length} calls, and ${expected} should have rung`;
    for (const call of known) {
      const group = findGroup(state, uid, call);
      if (group === undefined) return `${uid} got a push of ${call.exten}, which should not have rung`;
      const rings = state.rings.filter((ring) => ring.uid === uid && ring.group === group);
      const wrong = seen.phones.map((phone) => findWrong(phone, call.callId, uid, rings, seen.at[1])).find(Boolean);
      if (wrong !== undefined) return wrong;
    }
  }
  return findWrongStatus(state, seen);
}

function findWrong(phone: Phone, callId: string, uid: string, rings: readonly Ring[], now: number): string | undefined {
  const call = phone.calls.get(callId);
  const isRinging = call !== undefined && phone.rings(call, now);
  const what = `for ${rings.map(({ exten, ringId = "no ring_id", state }) => `${exten}/${ringId} (${state})`).join(", ")}`;
  const living = rings.filter(({ state }) => state === "living");
  // A ring that reached no phone itself may have been joined by one that did: its phones may ring for it, too.
  if (!living.some(({ isReached }) => isReached)) {
    const isExcused = phone.isExcused || phone.isUnfindable;
    return isRinging && living.length === 0 && !isExcused ? `${phone.home.deviceId} rings ${what}` : undefined;
  }
  // A phone stops ringing at the time in its push, which is the first ring's.
  if (!phone.isSure || phone.uid !== uid || now >= rings[0]!.endsAt[0]) return undefined;
  if (call === undefined) return `${phone.home.deviceId} got no push ${what}`;
  return isRinging || call.isStopped ? undefined : `${phone.home.deviceId} is silent ${what}`;
}

const lively = new Set(["waking", "notified", "ready", "declined", "failed"]);

/** The first wrong status of the newest ring of each name, or of the call. */
function findWrongStatus({ rings }: State, { shown }: Seen): string | undefined {
  const reached = rings.filter(({ isReached }) => isReached);
  if (shown === "not asked") return undefined;
  if (shown === "unknown") return reached.length > 0 ? "the service knows no such call" : undefined;
  const nameOf = (exten: string, ringId: string | undefined) => `${exten}/${ringId ?? ""}`;
  const newest = new Map(rings.map((ring) => [nameOf(ring.exten, ring.ringId), ring]));
  const told = new Map(shown.rings.map((ring) => [nameOf(ring.exten, ring.ring_id), ring.status]));
  for (const [name, { state, isReached }] of newest) {
    if (!isReached) continue;
    const status = told.get(name);
    if (status === undefined) return `the status shows no ring ${name}`;
    const isRight =
      state === "living"
        ? lively.has(status)
        : state === "answered"
          ? status !== "ready"
          : status === "ended" || (state === "expired" && status === "declined");
    if (!isRight) return `the status of ring ${name} is ${status}, and it is ${state}`;
  }
  const isLiving = reached.some(({ state }) => state === "living");
  return isLiving && shown.status === "ended" ? "the call's status is ended while a ring lives" : undefined;
}

import { atTime, reachedGroups, type Ring, type Span, type State } from "./state.ts";
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

/** Each user's calls in the order in which FCM accepted their first pushes. */
export function orderCalls({
  phones,
  ownerOf,
}: Pick<Seen, "phones" | "ownerOf">): ReadonlyMap<string, readonly string[]> {
  const byUser = new Map<string, Map<string, number>>();
  for (const { exten, callId, acceptedAt } of phones.flatMap((phone) => [...phone.calls.values()])) {
    const uid = ownerOf(exten);
    const first = byUser.get(uid) ?? new Map<string, number>();
    byUser.set(uid, first.set(callId, Math.min(acceptedAt, first.get(callId) ?? Infinity)));
  }
  const inOrder = (first: ReadonlyMap<string, number>) => [...first].toSorted(([, one], [, other]) => one - other);
  return new Map([...byUser].map(([uid, first]) => [uid, inOrder(first).map(([callId]) => callId)]));
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
    const [known, groups] = [calls.get(uid) ?? [], reachedGroups(state, uid)];
    if (known.length !== groups.length)
      return `${uid} got pushes of ${known.length} calls, and ${groups.length} should have rung`;
    for (const [nth, callId] of known.entries()) {
      const rings = state.rings.filter((ring) => ring.uid === uid && ring.group === groups[nth]);
      const wrong = seen.phones.map((phone) => findWrong(phone, callId, uid, rings, seen.at[1])).find(Boolean);
      if (wrong !== undefined) return wrong;
    }
  }
  return findWrongStatus(state, seen);
}

function findWrong(phone: Phone, callId: string, uid: string, rings: readonly Ring[], now: number): string | undefined {
  const call = phone.calls.get(callId);
  const isRinging = call !== undefined && phone.rings(call, now);
  const what = `for ${rings.map(({ exten, ringId = "no ring_id", state }) => `${exten}/${ringId} (${state})`).join(", ")}`;
  if (!rings.some(({ state, isReached }) => state === "living" && isReached)) {
    return isRinging && !phone.isExcused ? `${phone.home.deviceId} rings ${what}` : undefined;
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

import { probePbxId } from "../probe/probe-phones.ts";
import { byCreation, groupOf } from "../rings/find-rings.ts";
import type { StoredRing } from "../rings/ring.ts";
import { countRing } from "./count-ring.ts";
import { addCounters, type Counters } from "./counters.ts";
import { hourMs } from "./hour.ts";

/** Rings to count, and rings created before and after them that are needed to judge them. */
export interface Span {
  readonly rings: readonly StoredRing[];
  readonly around: readonly StoredRing[];
}

/** Counts rings, by PBX. It looks nothing up, and the order of the rings does not matter. The probe's do not count. */
export function countRings({ rings, around }: Span, now: number): ReadonlyMap<string, Counters> {
  const known = [...new Map([...around, ...rings].map((stored) => [stored.id, stored])).values()].toSorted(byCreation);
  const byCall = Map.groupBy(known, ({ ring }) => ring.callKey);
  const byUser = Map.groupBy(known, ({ ring }) => ring.uid);
  const counted = rings
    .filter(({ ring }) => ring.pbxId !== probePbxId)
    .map((stored) => {
      const group = groupOf(stored, byCall.get(stored.ring.callKey) ?? []);
      const { uid } = group[0].ring;
      const ids = new Set(group.map(({ id }) => id));
      const ofUser = uid === undefined ? [] : (byUser.get(uid) ?? []);
      const others = ofUser.filter((other) => !ids.has(other.id) && isShortBefore(other, group[0]));
      return { pbxId: stored.ring.pbxId, counters: countRing(stored, { group, others, now }) };
    });
  return sumByPbx(counted);
}

/** The counters of some spans together, by PBX. */
export function addSpans(spans: Iterable<ReadonlyMap<string, Counters>>): ReadonlyMap<string, Counters> {
  return sumByPbx([...spans].flatMap((span) => [...span].map(([pbxId, counters]) => ({ pbxId, counters }))));
}

function sumByPbx(parts: readonly { readonly pbxId: string; readonly counters: Counters }[]) {
  const byPbx = Map.groupBy(parts, ({ pbxId }) => pbxId);
  return new Map([...byPbx].map(([pbxId, own]) => [pbxId, addCounters(own.map(({ counters }) => counters))]));
}

/** As far back as a verdict looks for a call that was going on. */
function isShortBefore({ ring: { createdAt } }: StoredRing, { ring }: StoredRing): boolean {
  const [at, time] = [createdAt.toMillis(), ring.createdAt.toMillis()];
  return time - hourMs <= at && at < time;
}

import { compare, orderCalls, type ShownCall, type ShownRing } from "./check.ts";
import { linearize } from "./linearize.ts";
import { complain, type Living } from "./living.ts";
import type { Act } from "./rules.ts";

/** Compares all that can be seen with what the rules allow. */
export async function check(living: Living, asks = true): Promise<void> {
  const { phones, ownerOf } = living;
  for (const phone of phones) phone.read();
  const calls = orderCalls({ phones, ownerOf });
  const acts = living.acts.flatMap((act): Act[] => {
    if (act.kind !== "pending") return [act];
    const [uid, nth] = place(calls, act.callId);
    return [{ ...act, kind: "answer", uid, nth }];
  });
  living.acts = [];
  const done = living.time();
  const shown = asks ? await ask(living) : ("not asked" as const);
  const twice = phones.flatMap(({ calls: own }) => [...own.values()]).find(({ pushes }) => pushes > 1);
  // A repeat cannot know what FCM took from an instance that died before it could put that on record.
  if (twice !== undefined && !living.hasDied) throw new Error(complain(living, `${twice.exten} was pushed twice`));
  const possible = linearize(living.states, acts);
  if (possible.length === 0) throw new Error(complain(living, "the answers fit no order of what was done"));
  const seen = { at: done().at, phones, ownerOf, shown };
  const { agreeing, complaints } = compare(possible, seen);
  if (agreeing.length === 0) throw new Error(complain(living, complaints.join("; or ")));
  living.states = agreeing;
}

async function ask(living: Living): Promise<ShownCall | "unknown"> {
  const { status, body } = await living.site.instances[0].pbx("GET", `/calls/${living.callId}`);
  const rings = (body?.rings as ShownRing[] | undefined)?.map((ring) => Object.values(ring).slice(0, 4).join(" "));
  living.log.push(`GET: ${status} ${body?.status} ${rings?.join(", ")}`);
  if (status !== 200 && status !== 404) throw new Error(complain(living, `GET was answered ${status}`));
  return status === 200 ? body : "unknown";
}

function place(calls: ReadonlyMap<string, readonly string[]>, callId: string): [uid: string, nth: number] {
  for (const [uid, callIds] of calls) if (callIds.includes(callId)) return [uid, callIds.indexOf(callId)];
  throw new Error(`No phone has had a push of ${callId}`);
}

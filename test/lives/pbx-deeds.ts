import type { Answer } from "./instance.ts";
import type { Deed } from "./life.ts";
import { complain, type Living } from "./living.ts";
import type { Heard } from "./rules.ts";

const ringMs = 30_000;

function hear(living: Living, { status, body }: Answer): Heard {
  if (status === 200) return body.status === "ended" ? "ended" : "ok";
  if (status === 404 || status === 502) return "nak";
  if (status === 0 || status === 503) return "none";
  throw new Error(complain(living, `an announcement was answered ${status}`));
}

/** Announces a ring; tells whether that was not answered. */
export async function announce(
  living: Living,
  deed: Extract<Deed, { do: "announce" }>,
  nth: 0 | 1,
  isAlone: boolean,
): Promise<boolean> {
  const { site, callId } = living;
  const exten = living.exten(deed.exten);
  const uid = living.ownerOf(exten);
  const usable = living.phones.filter((phone) => phone.uid === uid && !phone.isGone);
  // A phone may be spoilt while the announcement is under way.
  const hasSound = () => usable.some(({ isSpoilt, isDoomed }) => !isSpoilt && !isDoomed);
  const wasSure = hasSound();
  const isPossible = usable.length > 0;
  const isStill = living.phones.every(({ hasMoved }) => !hasMoved);
  const done = living.time();
  const body = { call_id: callId, exten, ring_seconds: ringMs / 1000, ...(deed.ring && { ring_id: deed.ring }) };
  const answer = await site.instances[nth].pbx("POST", "/calls", body);
  const heard = hear(living, answer);
  living.log.push(`announce ${exten} ${deed.ring ?? ""}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const certain = { isSure: wasSure && hasSound() && isStill, isPossible: isPossible || !isStill };
  const isOnly = isAlone && heard !== "none";
  living.acts.push({
    kind: "announce",
    exten,
    uid,
    ringId: deed.ring,
    ringMs,
    ...done(),
    heard,
    ...certain,
    isOnlyExten: [...living.cell.owners.values()].filter((owner) => owner === uid).length === 1,
    isAlone: isOnly,
  });
  return heard === "none";
}

/** Ends what a deed names; tells whether that was not answered. */
export async function end(living: Living, deed: Extract<Deed, { do: "end" }>, nth: 0 | 1): Promise<boolean> {
  const { site, callId } = living;
  const exten = deed.exten === undefined ? undefined : living.exten(deed.exten);
  const body = { reason: deed.reason, ...(exten && { exten }), ...(deed.ring && { ring_id: deed.ring }) };
  const done = living.time();
  const { status } = await site.instances[nth].pbx("POST", `/calls/${callId}/end`, body);
  living.log.push(`end ${JSON.stringify(body)}: ${status}`);
  const isHeard = status === 200 || status === 404;
  if (!isHeard && status !== 0 && status !== 503) throw new Error(complain(living, `an end was answered ${status}`));
  living.acts.push({ kind: "end", ringId: deed.ring, exten, reason: deed.reason, ...done(), mayBeLost: !isHeard });
  return !isHeard;
}

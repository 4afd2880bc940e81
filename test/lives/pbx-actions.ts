import type { Answer } from "./instance.ts";
import type { Action } from "./life.ts";
import { describeFailure, type LifeRun } from "./life-run.ts";
import type { Heard } from "./rules.ts";

const ringMs = 30_000;

function hear(run: LifeRun, { status, body }: Answer): Heard {
  if (status === 200) return body.status === "ended" ? "ended" : "ok";
  if (status === 404 || status === 502) return "nak";
  if (status === 0 || status === 503) return "none";
  throw new Error(describeFailure(run, `an announcement was answered ${status}`));
}

/** Announces a ring; resolves to true when it got no answer. */
export async function announce(
  run: LifeRun,
  action: Extract<Action, { do: "announce" }>,
  nth: 0 | 1,
  isAlone: boolean,
): Promise<boolean> {
  const { site, callId } = run;
  const exten = run.exten(action.exten);
  const uid = run.ownerOf(exten);
  const usable = run.phones.filter((phone) => phone.uid === uid && !phone.isGone);
  // FCM may start to refuse a phone during the announcement.
  const hasSound = () => usable.some(({ isFaulty, isDoomed }) => !isFaulty && !isDoomed);
  const wasSure = hasSound();
  const isPossible = usable.length > 0;
  const isStill = run.phones.every(({ hasMoved }) => !hasMoved);
  const done = run.time();
  const body = { call_id: callId, exten, ring_seconds: ringMs / 1000, ...(action.ring && { ring_id: action.ring }) };
  const answer = await site.instances[nth].pbx("POST", "/calls", body);
  const heard = hear(run, answer);
  run.note(`announce ${exten} ${action.ring ?? ""}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const certain = { isSure: wasSure && hasSound() && isStill, isPossible: isPossible || !isStill };
  const isOnly = isAlone && heard !== "none";
  run.operations.push({
    kind: "announce",
    exten,
    uid,
    ringId: action.ring,
    ringMs,
    ...done(),
    heard,
    ...certain,
    isOnlyExten: [...run.cell.owners.values()].filter((owner) => owner === uid).length === 1,
    isAlone: isOnly,
  });
  return heard === "none";
}

/** Sends an end; resolves to true when it got no answer. */
export async function end(run: LifeRun, action: Extract<Action, { do: "end" }>, nth: 0 | 1): Promise<boolean> {
  const { site, callId } = run;
  const exten = action.exten === undefined ? undefined : run.exten(action.exten);
  const body = { reason: action.reason, ...(exten && { exten }), ...(action.ring && { ring_id: action.ring }) };
  const done = run.time();
  const { status } = await site.instances[nth].pbx("POST", `/calls/${callId}/end`, body);
  run.note(`end ${JSON.stringify(body)}: ${status}`);
  const isHeard = status === 200 || status === 404;
  if (!isHeard && status !== 0 && status !== 503)
    throw new Error(describeFailure(run, `an end was answered ${status}`));
  run.operations.push({
    kind: "end",
    ringId: action.ring,
    exten,
    reason: action.reason,
    ...done(),
    mayBeLost: !isHeard,
  });
  return !isHeard;
}

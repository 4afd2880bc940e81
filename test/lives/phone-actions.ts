import { randomUUID } from "node:crypto";
import type { Action } from "./life.ts";
import { describeFailure, type LifeRun } from "./life-run.ts";
import type { KnownCall, Phone } from "./phone.ts";
import { report } from "./reports.ts";
import { sleep } from "./site.ts";

/** The delay before a phone registers again. */
const retryMs = 5;

/** Lets FCM refuse a phone's pushes, or moves, renames or uninstalls the phone. */
export async function changePhone(
  run: LifeRun,
  action: Extract<Action, { do: "addFault" | "move" | "rename" | "uninstall" }>,
  instance: 0 | 1,
): Promise<(() => Promise<boolean>) | undefined> {
  const phone = run.phone(action.phone);
  if (phone === undefined) return undefined;
  run.note(`${phone.home.deviceId}: ${JSON.stringify(action)}`);
  const { fcm } = run.site;
  switch (action.do) {
    case "addFault": {
      phone.isFaulty ||= action.delayMs === 0;
      const fault = action.delayMs > 0 ? { delay_ms: action.delayMs } : { error_code: "UNAVAILABLE" };
      fcm.addFault({ match: { token: phone.token }, times: action.times, ...fault });
      return undefined;
    }
    case "uninstall":
      fcm.setState(phone.token, "uninstalled");
      phone.isGone = true;
      for (const call of phone.calls.values()) call.isOver = true;
      return undefined;
    case "move":
      return moveTo(run, phone, run.cell.uids[action.to % run.cell.uids.length]!, phone.deviceId, instance);
    case "rename":
      return moveTo(run, phone, phone.uid, `${phone.deviceId}.`, instance);
  }
}

/** Registers a phone under another user or id, with retries; until then the phone reports nothing. */
async function moveTo(run: LifeRun, phone: Phone, uid: string, deviceId: string, instance: 0 | 1): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  phone.settled = promise;
  const { instances } = run.site;
  for (let nth = instance; ; nth = nth === 0 ? 1 : 0) {
    if (await instances[nth].register(uid, deviceId, phone.token)) break;
    await sleep(retryMs);
  }
  [phone.uid, phone.deviceId] = [uid, deviceId];
  resolve();
}

/** Lets a phone report on a call; returns the retry when it got no answer. */
export async function reportAction(
  run: LifeRun,
  { phone: nth, event, of }: Extract<Action, { do: "report" }>,
  instance: 0 | 1,
  isAlone: boolean,
): Promise<(() => Promise<boolean>) | undefined> {
  const phone = run.phone(nth);
  if (phone === undefined) return undefined;
  const call = await findCall(run, phone, of, isAlone ? 1 : 5);
  if (call === undefined) return undefined;
  const mine = phone.calls.get(call.callId);
  if (mine !== undefined && (event === "answered" || event === "declined" || event === "ended")) mine.isStopped = true;
  if (mine !== undefined && event === "declined") mine.hasDeclined = true;
  const again = async () => {
    const done = run.time();
    const { uid } = phone;
    const answer = await report(run, phone, call.callId, event, instance);
    const isHeard = answer.status === 200 || answer.status === 403;
    phone.hear(call, answer);
    // A phone that changes its owner meanwhile may report as either user.
    const isSteady = phone.uid === uid;
    const isOwn = of !== "unknown" && run.ownerOf(call.exten) === phone.uid;
    if (isSteady && isHeard && !isOwn && answer.status !== 403) {
      throw new Error(describeFailure(run, `a report on a ring of another was answered ${answer.status}`));
    }
    if (isSteady && answer.status === 403 && isOwn && !phone.isGone)
      throw new Error(describeFailure(run, "a report on its own ring was refused"));
    if (event === "answered" && of !== "unknown" && (isOwn || !isSteady)) {
      run.operations.push({
        kind: "pending",
        callId: call.callId,
        ...done(),
        mayBeLost: answer.status !== 200 || !isSteady || mine?.hasDeclined === true,
      });
    }
    return !isHeard;
  };
  return (await again()) ? again : undefined;
}

/** The call to report on: the phone's last one, one of another user, or an unknown one. */
async function findCall(
  run: LifeRun,
  phone: Phone,
  of: "own" | "another's" | "unknown",
  looks: number,
): Promise<KnownCall | undefined> {
  const unknown = { callId: randomUUID(), exten: "" } as KnownCall;
  if (of === "unknown") return unknown;
  for (let left = looks; left > 0; left -= 1) {
    if (left < looks) await sleep(4);
    for (const one of run.phones) one.read();
    const last = [...phone.calls.values()].at(-1);
    if (of === "own" && last !== undefined) return last;
    const others = run.phones.filter(({ home }) => home.uid !== phone.home.uid);
    const [other] = others.flatMap(({ calls }) => [...calls.values()]);
    if (of === "another's" && other !== undefined) return other;
  }
  return undefined;
}

import { randomUUID } from "node:crypto";
import type { Deed } from "./life.ts";
import { complain, type Living } from "./living.ts";
import type { KnownCall, Phone } from "./phone.ts";
import { report } from "./reports.ts";
import { pass } from "./site.ts";

/** How long a phone waits before it registers again. */
const retryMs = 5;

/** Spoils, moves, renames or uninstalls a phone; returns what does it again when it was not answered. */
export async function changePhone(
  living: Living,
  deed: Extract<Deed, { do: "spoil" | "move" | "rename" | "uninstall" }>,
  instance: 0 | 1,
): Promise<(() => Promise<boolean>) | undefined> {
  const phone = living.phone(deed.phone);
  if (phone === undefined) return undefined;
  living.log.push(`${phone.home.deviceId}: ${JSON.stringify(deed)}`);
  const { fcm } = living.site;
  switch (deed.do) {
    case "spoil": {
      phone.isSpoilt ||= deed.delayMs === 0;
      const fault = deed.delayMs > 0 ? { delay_ms: deed.delayMs } : { error_code: "UNAVAILABLE" };
      fcm.addFault({ match: { token: phone.token }, times: deed.times, ...fault });
      return undefined;
    }
    case "uninstall":
      fcm.setState(phone.token, "uninstalled");
      phone.isGone = true;
      for (const call of phone.calls.values()) call.isOver = true;
      return undefined;
    case "move":
      return moveTo(living, phone, living.cell.uids[deed.to % living.cell.uids.length]!, phone.deviceId, instance);
    case "rename":
      return moveTo(living, phone, phone.uid, `${phone.deviceId}.`, instance);
  }
}

/** Registers a phone as somebody's, under some id, and again until that is done; meanwhile it says nothing. */
async function moveTo(
  living: Living,
  phone: Phone,
  uid: string,
  deviceId: string,
  instance: 0 | 1,
): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  phone.settled = promise;
  const { instances } = living.site;
  for (let nth = instance; ; nth = nth === 0 ? 1 : 0) {
    if (await instances[nth].register(uid, deviceId, phone.token)) break;
    await pass(retryMs);
  }
  [phone.uid, phone.deviceId] = [uid, deviceId];
  resolve();
}

/** A phone reports on a call; returns what does it again when it was not answered. */
export async function reportDeed(
  living: Living,
  { phone: nth, event, of }: Extract<Deed, { do: "report" }>,
  instance: 0 | 1,
  isAlone: boolean,
): Promise<(() => Promise<boolean>) | undefined> {
  const phone = living.phone(nth);
  if (phone === undefined) return undefined;
  const call = await findCall(living, phone, of, isAlone ? 1 : 5);
  if (call === undefined) return undefined;
  const mine = phone.calls.get(call.callId);
  if (mine !== undefined && (event === "answered" || event === "declined" || event === "ended")) mine.isStopped = true;
  if (mine !== undefined && event === "declined") mine.hasDeclined = true;
  const again = async () => {
    const done = living.time();
    const { uid } = phone;
    const answer = await report(living, phone, call.callId, event, instance);
    const isHeard = answer.status === 200 || answer.status === 403;
    phone.hear(call, answer);
    // A phone that is changing hands meanwhile may say it as either.
    const isSteady = phone.uid === uid;
    const isOwn = of !== "unknown" && living.ownerOf(call.exten) === phone.uid;
    if (isSteady && isHeard && !isOwn && answer.status !== 403) {
      throw new Error(complain(living, `a report on a ring of another was answered ${answer.status}`));
    }
    if (isSteady && answer.status === 403 && isOwn && !phone.isGone)
      throw new Error(complain(living, "a report on its own ring was refused"));
    if (event === "answered" && of !== "unknown" && (isOwn || !isSteady)) {
      living.acts.push({
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

/** The call that a report is of: the phone's last, somebody else's, or one that is none. */
async function findCall(
  living: Living,
  phone: Phone,
  of: "own" | "another's" | "unknown",
  looks: number,
): Promise<KnownCall | undefined> {
  const unknown = { callId: randomUUID(), exten: "" } as KnownCall;
  if (of === "unknown") return unknown;
  for (let left = looks; left > 0; left -= 1) {
    if (left < looks) await pass(4);
    for (const one of living.phones) one.read();
    const last = [...phone.calls.values()].at(-1);
    if (of === "own" && last !== undefined) return last;
    const others = living.phones.filter(({ home }) => home.uid !== phone.home.uid);
    const [other] = others.flatMap(({ calls }) => [...calls.values()]);
    if (of === "another's" && other !== undefined) return other;
  }
  return undefined;
}

import type { Device } from "../../devices/device.ts";
import { TryAgain } from "../../errors.ts";
import { callBudget, type Budget, type CallLimits } from "../../transport/budget.ts";
import type { FcmMessage } from "../../fcm/message.ts";
import { buildCallPush } from "../../messages/call-push.ts";
import { buildVoipPush } from "../../messages/voip-push.ts";
import { ownEntry } from "../../own-entry.ts";
import type { Services } from "../../services.ts";
import { chooseLanguage, textsIn } from "../../texts.ts";
import { settleWithin } from "../../settle-within.ts";
import { findRingEnd, isGroupLiving, type Group } from "../group.ts";
import { isReached } from "../phone-state.ts";
import { readGroup } from "../change-ring.ts";
import type { StoredRing } from "../ring.ts";
import { buildUnrecordedKey, type Announced, type HeldRing, type Pushed, type Run } from "./announcement.ts";
import { findVoip, pushToDevice, type CallMessages } from "./push-to-device.ts";
import { settleRing } from "./settle.ts";

/** If the ring was read longer ago than this, in milliseconds, it is read again before a push is sent. */
const freshMs = 1000;

/** Before a repeat, a read that phones and channels share may be so old, in milliseconds: no phone reports sooner. */
const sharedMs = 100;

/** Timeout of that read, in milliseconds; after it the push is sent anyway. */
const readTimeoutMs = 2000;

/** Pushes to all phones of a ring that are not reached yet, in parallel; a slow one does not delay the others. */
export async function pushRing(services: Services, run: Run, held: HeldRing): Promise<Announced> {
  const { group, devices } = held;
  const [stored] = group;
  const { clock, unrecorded, pushing } = services;
  if (clock.now() >= stored.ring.claim.until.toMillis()) {
    throw new TryAgain("Firestore took too long to record the ring; retry the same request");
  }
  const ringEndsAt = findRingEnd(group, clock.now());
  const messagesFor = chooseMessages(services, stored, ringEndsAt);
  // An end that this instance handles stops the pushes that wait for a connection or a retry.
  const stopping = new AbortController();
  pushing.set(stored.id, stopping);
  const budgetFor = chooseBudgets(services, held, { ringEndsAt, signal: stopping.signal });
  const known = unrecorded.get(buildUnrecordedKey(stored));
  const due = devices.filter((device) => isDue(group, device, clock.now()));
  const pushes = due.map(async (device): Promise<Pushed> => {
    // This push was accepted but Firestore did not record it: another push would ring the phone twice.
    const carried = known?.get(device.id);
    if (carried !== undefined) return { ...carried, device };
    return { ...(await pushToDevice(services, device, messagesFor(device), budgetFor(device))), device };
  });
  void Promise.allSettled(pushes).then(() => pushing.get(stored.id) === stopping && pushing.delete(stored.id));
  return settleRing(services, run, held, pushes);
}

/** The messages for a device: the same objects for all phones of one language and one of Android's two parts. */
function chooseMessages(
  { clock, config }: Services,
  { id: callId, ring }: StoredRing,
  ringEndsAt: number,
): (device: Device) => CallMessages {
  const { linkedId, pbxRingId, exten, callerId, callerName, callType } = ring;
  const call = { callId, linkedId, pbxRingId, exten, callerId, callerName, callType, now: clock.now(), ringEndsAt };
  const voip = buildVoipPush(call);
  const built = new Map<string, FcmMessage>();
  return ({ locale, platform, facts }) => {
    const language = chooseLanguage(config, locale);
    const androidV2 = platform === "android" && facts?.["androidV2"] === true;
    const texts = textsIn(config, language);
    const alert = { title: callerName || callerId || texts.unknownCaller, body: texts.callAlertBody };
    const key = `${language} ${androidV2}`;
    const fcm = built.get(key) ?? buildCallPush({ ...call, alert, androidV2 });
    built.set(key, fcm);
    return { fcm, voip };
  };
}

/** Whether a push to a device may ring it: the ring lives, and nothing shows that the phone has it, or has declined it. */
function isDue(group: Group, { deviceId }: Device, now: number): boolean {
  return isGroupLiving(group, now) && !isReached(ownEntry(group[0].ring.phones, deviceId));
}

/**
 * The budgets of a ring's pushes. When their knowledge of the ring is stale, it is read again, once for all of them.
 * Before a second push to an iPhone it always is: the first may be delivered, and its user may have declined by now.
 */
function chooseBudgets(
  services: Services,
  { group, knownAt }: HeldRing,
  limits: Pick<CallLimits, "ringEndsAt" | "signal">,
): (device: Device) => Budget {
  const { db, clock, log } = services;
  const [{ id: callId, ring }] = group;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: ReturnType<typeof read> = Promise.resolve({ latest: group });
  /** A ring that is gone has no `latest`; `undefined`: Firestore did not say. */
  const read = async (): Promise<{ readonly latest: Group | undefined } | undefined> => {
    try {
      const asked = readGroup(db, callId).then((latest) => ({ latest }));
      return await settleWithin(asked, readTimeoutMs);
    } catch (error) {
      log.warn("ring_not_read", { callId, error });
      return undefined;
    } finally {
      readAt = clock.now();
    }
  };
  return (device) =>
    callBudget({
      ...limits,
      endsAt: ring.claim.until.toMillis(),
      isStillWanted: async (isRepeat) => {
        const now = clock.now();
        const mustRead = isRepeat && findVoip(services, device) !== undefined;
        if (mustRead ? now - readAt >= sharedMs : now - Math.max(knownAt, readAt) >= freshMs) {
          readAt = now;
          reading = read();
        }
        const known = await reading;
        if (known === undefined) return true;
        // The ring's record is gone if its user has erased all data; then no phone is told of the call.
        return known.latest !== undefined && isDue(known.latest, device, clock.now());
      },
    });
}

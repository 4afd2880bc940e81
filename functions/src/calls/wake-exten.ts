import type { Device } from "../devices/device.ts";
import { findDevicesOfExten } from "../devices/find-devices.ts";
import { forgetDevices } from "../devices/forget-devices.ts";
import { TryAgain } from "../errors.ts";
import { findLine } from "../lines/lines.ts";
import type { Services } from "../services.ts";
import { awaitAnswer } from "./await-answer.ts";
import { buildCallId, callRef, findCall, type WakeAnswer } from "./call.ts";
import { changeCall } from "./change-call.ts";
import { pushToDevices, type Pushed } from "./push-to-devices.ts";
import { recordCall, releaseClaim, type Claim, type Wake } from "./record-call.ts";
import { buildAnswer, settleExten } from "./settle-exten.ts";
import { silenceDevices } from "./silence-devices.ts";
import { isReached } from "./state.ts";
import { entryOf } from "../entry-of.ts";

/** How long a repeat waits for the first, and for those who take over from it, before it gives up: two claims' time. */
const patienceMs = 30_000;

/**
 * Wakes every phone of an exten for a call: records the call while it looks the phones up, pushes to all of them at
 * once, records each outcome. The same call and exten again get the same answer and no second push; a repeat takes over
 * from a request that died. Throws {@link TryAgain} when others are at it for longer than they may be.
 */
export async function wakeExten(services: Services, wake: Wake): Promise<WakeAnswer> {
  const startedAt = services.clock.now();
  const giveUpAt = startedAt + patienceMs;
  do {
    const { claim, devices } = await claimAndFind(services, wake);
    if (claim !== undefined) return wakeDevices(services, wake, { claim, startedAt }, devices);
    const answer = await awaitAnswer(services, wake, wake.exten, giveUpAt);
    if (answer !== undefined) return answer;
  } while (services.clock.now() < giveUpAt);
  throw new TryAgain("Other requests are still waking this exten");
}

/** The one round trip before a call push leaves. */
async function claimAndFind(services: Services, wake: Wake) {
  const [recorded, found] = await Promise.allSettled([
    recordCall(services, wake),
    findDevicesOfExten(services, wake.exten),
  ]);
  if (recorded.status === "rejected") throw recorded.reason;
  const claim = recorded.value;
  if (found.status === "fulfilled") return { claim, devices: found.value };
  if (claim !== undefined) await releaseClaim(services, wake, claim);
  throw found.reason;
}

async function wakeDevices(
  services: Services,
  wake: Wake,
  { claim, startedAt }: { readonly claim: Claim; readonly startedAt: number },
  devices: readonly Device[],
): Promise<WakeAnswer> {
  if (claim.isOver) return missCall(services, wake, devices);
  const isShared = (device: Device) => claim.earlierExtens.some((exten) => device.extens.includes(exten));
  const isUnreached = ({ deviceId }: Device) => !isReached(entryOf(claim.devices, deviceId));
  const own = devices.filter((device) => !isShared(device) && isUnreached(device));
  const shared = devices.filter((device) => isShared(device) && isUnreached(device));
  const pushed = [
    ...(await pushToDevices(services, wake, claim, own)),
    ...(await pushToOrphans(services, wake, claim, shared)),
  ];
  const uids = devices.length > 0 ? devices.map(({ uid }) => uid) : await ownersOf(services, wake.exten);
  const call = await settleExten(services, wake, claim, { devices, pushed, uids });
  const answer = buildAnswer(devices, call.devices);
  reportPushed(services, wake, pushed);
  reportWake(services, wake, answer, findWebhookToAccepted(pushed, startedAt));
  await silenceDevices(services, callRef(services.db, wake), call);
  await forgetDevices(services, { sent: pushed.length, dead: findDead(pushed) });
  return answer;
}

/** The end overtook the call: nobody is woken, and whoever would have been finds it in the history. */
async function missCall(services: Services, wake: Wake, devices: readonly Device[]): Promise<WakeAnswer> {
  const uids = devices.map(({ uid }) => uid);
  await changeCall(services, callRef(services.db, wake), (call) => ({ uids: [...new Set([...call.uids, ...uids])] }));
  return { status: "ended", devices: 0, accepted: 0 };
}

/** Phones that an earlier exten of the call rings too are its to wake; only if that never happened, they are ours. */
async function pushToOrphans(
  services: Services,
  wake: Wake,
  claim: Claim,
  shared: readonly Device[],
): Promise<readonly Pushed[]> {
  if (shared.length === 0) return [];
  const extens = claim.earlierExtens.filter((exten) => shared.some((device) => device.extens.includes(exten)));
  await Promise.all(extens.map((exten) => awaitAnswer(services, wake, exten, claim.ringEndsAt)));
  const known = (await findCall(services.db, wake))?.devices ?? {};
  const orphans = shared.filter(({ deviceId }) => entryOf(known, deviceId) === undefined);
  return pushToDevices(services, wake, claim, orphans);
}

/** Whoever missed the call for want of a phone still finds it in the history. */
async function ownersOf(services: Services, exten: string): Promise<readonly string[]> {
  const line = await findLine(services, exten);
  return line === undefined ? [] : [line.uid];
}

function findDead(pushed: readonly Pushed[]) {
  return pushed
    .filter(({ outcome }) => outcome.status === "unregistered")
    .map(({ device: { deviceId, registration } }) => ({ deviceId, registration }));
}

/** One line for each phone that FCM did not take the push for. */
function reportPushed({ log }: Services, wake: Wake, pushed: readonly Pushed[]): void {
  const callId = buildCallId(wake);
  for (const { device, outcome } of pushed) {
    if (outcome.status === "accepted") continue;
    const fields = { callId, deviceId: device.deviceId, registration: device.registration, code: outcome.code };
    // A rejection is our own fault (message, credentials, project) and stays until somebody repairs it.
    if (outcome.status === "rejected") log.error("push_rejected", { ...fields, reason: outcome.message });
    else if (outcome.status === "unavailable") log.warn("push_unavailable", fields);
    else log.info("push_unregistered", fields);
  }
}

/** How long the PBX's webhook was under way until FCM took the push for the first of the phones. */
function findWebhookToAccepted(pushed: readonly Pushed[], startedAt: number): number | undefined {
  const accepted = pushed.flatMap(({ facts: { acceptedAt } }) => acceptedAt?.toMillis() ?? []);
  return accepted.length === 0 ? undefined : Math.min(...accepted) - startedAt;
}

function reportWake({ log }: Services, wake: Wake, answer: WakeAnswer, webhookToAcceptedMs: number | undefined): void {
  const { pbxId, exten, callerId, callerName } = wake;
  const caller = { callerId, callerName };
  const times = webhookToAcceptedMs === undefined ? {} : { webhookToAcceptedMs };
  log.info("call_woken", { callId: buildCallId(wake), pbxId, exten, ...caller, ...answer, ...times });
}

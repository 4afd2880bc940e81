import type { Device } from "../devices/device.ts";
import { findDevicesOfExten } from "../devices/find-devices.ts";
import { forgetDevices } from "../devices/forget-devices.ts";
import { ownEntry } from "../own-entry.ts";
import { TryAgain } from "../errors.ts";
import { findLine } from "../lines/lines.ts";
import type { Services } from "../services.ts";
import { awaitAnswer } from "./await-answer.ts";
import { callRef, findCall, type WakeAnswer } from "./call.ts";
import { missCall } from "./miss-call.ts";
import { pushToDevices, type Pushed } from "./push-to-devices.ts";
import { recordCall, releaseClaim, type Claim, type Wake } from "./record-call.ts";
import { reportPushed, reportWake } from "./report-wake.ts";
import { buildAnswer, settleExten } from "./settle-exten.ts";
import { silenceDevices } from "./silence-devices.ts";
import { isReached } from "./state.ts";
import { stillRings } from "./still-rings.ts";

/** How long a repeat waits for the first, and for those who take over from it, before it gives up: three claims' time. */
const patienceMs = 30_000;

/** What is known of a call from longer ago than this, in milliseconds, is asked for again before phones are woken for it. */
const freshMs = 1000;

/**
 * Wakes every phone of an exten for a call: records the call while it looks the phones up, pushes to all of them at
 * once, records each outcome. The same call and exten again get the same answer and no second push; a repeat takes over
 * from a request that died. Throws {@link TryAgain} when others are at it for longer than they may be.
 */
export async function wakeExten(services: Services, wake: Wake): Promise<WakeAnswer> {
  const startedAt = services.clock.now();
  const giveUpAt = startedAt + patienceMs;
  do {
    const askedAt = services.clock.now();
    const { claim, devices } = await claimAndFind(services, wake);
    if (claim !== undefined) return wakeInTime(services, wake, claim, { devices, startedAt, askedAt });
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

/** The phones of an exten, when the request for them came, and since when they are known. */
interface Found {
  readonly devices: readonly Device[];
  readonly startedAt: number;
  readonly askedAt: number;
}

/** A slow Firestore may have let the claim run out, or the call end, before its answers came. */
async function wakeInTime(services: Services, wake: Wake, claim: Claim, found: Found): Promise<WakeAnswer> {
  const now = services.clock.now();
  if (now >= claim.heldUntil) throw new TryAgain("It took too long to record the call");
  const [anyPhone] = found.devices;
  if (now - found.askedAt < freshMs || anyPhone === undefined || claim.isOver) {
    return wakeDevices(services, wake, claim, found);
  }
  const rings = await stillRings(services, wake, anyPhone.deviceId);
  return rings ? wakeDevices(services, wake, claim, found) : missCall(services, wake, claim, found.devices);
}

async function wakeDevices(
  services: Services,
  wake: Wake,
  claim: Claim,
  { devices, startedAt }: Found,
): Promise<WakeAnswer> {
  if (claim.isOver) return missCall(services, wake, claim, devices);
  const isShared = (device: Device) => claim.earlierExtens.some((exten) => device.extens.includes(exten));
  const isUnreached = ({ deviceId }: Device) => !isReached(ownEntry(claim.devices, deviceId));
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
  reportWake(services, wake, answer, { pushed, startedAt });
  await silenceDevices(services, callRef(services.db, wake), call);
  await forgetDevices(services, { sent: pushed.length, dead: findDead(pushed) });
  return answer;
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
  const orphans = shared.filter(({ deviceId }) => ownEntry(known, deviceId) === undefined);
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

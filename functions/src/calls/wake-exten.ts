import { Timestamp } from "firebase-admin/firestore";
import { findDevicesOfExten } from "../devices/find-devices.ts";
import { forgetDevices } from "../devices/forget-devices.ts";
import type { Device } from "../devices/device.ts";
import { callBudget } from "../fcm/budget.ts";
import type { Outcome } from "../fcm/outcome.ts";
import { buildCallPush } from "../fcm/push-classes.ts";
import type { Services } from "../services.ts";
import { awaitSettled } from "./await-settled.ts";
import { buildCallId, type CallDevice, type WakeAnswer } from "./call.ts";
import { recordCall, type Wake } from "./record-call.ts";
import { settleExten } from "./settle-exten.ts";

/**
 * Wakes every phone of an exten for a call: records the call while it looks the phones up, pushes to all of them at
 * once, records each outcome. The same call and exten again get the same answer and no second push.
 * Throws {@link TryAgain} when an earlier request is still at it after its longest time.
 */
export async function wakeExten(services: Services, wake: Wake): Promise<WakeAnswer> {
  const [claim, devices] = await Promise.all([recordCall(services, wake), findDevicesOfExten(services, wake.exten)]);
  if (claim.by === "others") return awaitSettled(services, wake);

  const waiting = devices.filter(({ deviceId }) => claim.reached[deviceId]?.state !== "accepted");
  const pushed = await pushToAll(services, wake, claim.ringEndsAt, waiting);
  const answer = buildAnswer(devices.length, devices.length - waiting.length + countAccepted(pushed));
  await Promise.all([
    settleExten(services, wake, answer, {
      uids: [...new Set(devices.map(({ uid }) => uid))],
      devices: Object.fromEntries(
        pushed.map(({ device, outcome, at }) => [device.deviceId, buildEntry(wake, outcome, at)]),
      ),
    }),
    forgetDevices(services, { sent: pushed.length, dead: findDead(pushed) }),
  ]);
  reportWake(services, wake, answer, pushed);
  return answer;
}

interface Pushed {
  readonly device: Device;
  readonly outcome: Outcome;
  readonly at: number;
}

async function pushToAll(
  { fcm, clock, config }: Services,
  wake: Wake,
  ringEndsAt: number,
  devices: readonly Device[],
): Promise<readonly Pushed[]> {
  const message = buildCallPush({
    callId: buildCallId(wake),
    linkedId: wake.linkedId,
    exten: wake.exten,
    callerId: wake.callerId,
    callerName: wake.callerName,
    callType: wake.callType,
    now: clock.now(),
    ringEndsAt,
    alert: { title: wake.callerName || wake.callerId || config.texts.unknownCaller, body: config.texts.callAlertBody },
  });
  return Promise.all(
    devices.map(async (device) => {
      const outcome = await fcm.send(device.registration, message, callBudget({ ringEndsAt }));
      return { device, outcome, at: clock.now() };
    }),
  );
}

function buildAnswer(devices: number, accepted: number): WakeAnswer {
  if (devices === 0) return { status: "no_devices", devices, accepted };
  return { status: accepted === 0 ? "push_failed" : "notified", devices, accepted };
}

function countAccepted(pushed: readonly Pushed[]): number {
  return pushed.filter(({ outcome }) => outcome.status === "accepted").length;
}

function buildEntry({ exten }: Wake, outcome: Outcome, at: number): CallDevice {
  if (outcome.status !== "accepted") return { exten, state: "failed", error: outcome.code };
  return { exten, state: "accepted", messageId: outcome.messageId, acceptedAt: Timestamp.fromMillis(at) };
}

function findDead(pushed: readonly Pushed[]) {
  return pushed
    .filter(({ outcome }) => outcome.status === "unregistered")
    .map(({ device: { deviceId, registration } }) => ({ deviceId, registration }));
}

function reportWake({ log }: Services, wake: Wake, answer: WakeAnswer, pushed: readonly Pushed[]): void {
  const callId = buildCallId(wake);
  for (const { device, outcome } of pushed) {
    if (outcome.status !== "rejected" && outcome.status !== "unavailable") continue;
    const fields = { callId, deviceId: device.deviceId, registration: device.registration, code: outcome.code };
    // A rejection is our own fault (message, credentials, project) and stays until somebody repairs it.
    if (outcome.status === "rejected") log.error("push_rejected", fields);
    else log.warn("push_unavailable", fields);
  }
  log.info("call_woken", { callId, exten: wake.exten, ...answer });
}

import { FieldPath, Timestamp } from "firebase-admin/firestore";
import type { Device } from "../devices/device.ts";
import { callBudget } from "../fcm/budget.ts";
import type { FcmMessage } from "../fcm/message.ts";
import type { Outcome } from "../fcm/outcome.ts";
import { buildCallPush } from "../fcm/push-classes.ts";
import type { Services } from "../services.ts";
import { buildCallId, callRef, type CallDevice } from "./call.ts";
import type { Claim, Wake } from "./record-call.ts";

/** One phone that was pushed to, and what goes on the call's record about it. */
export interface Pushed {
  readonly device: Device;
  readonly outcome: Outcome;
  readonly entry: CallDevice;
}

/** Pushes a call to phones, all at once: a slow one delays nobody, and each outcome is on record before the next is known. */
export async function pushToDevices(
  services: Services,
  wake: Wake,
  { ringEndsAt }: Claim,
  devices: readonly Device[],
): Promise<readonly Pushed[]> {
  const message = buildMessage(services, wake, ringEndsAt);
  let underWay = devices.length;
  return Promise.all(
    devices.map(async (device) => {
      const outcome = await services.fcm.send(device.registration, message, callBudget({ ringEndsAt }));
      const entry = buildEntry(wake, outcome, services.clock.now());
      underWay -= 1;
      // The last one goes on record with the answer, so that a call with one phone costs one write and not two.
      if (underWay > 0) await recordDevice(services, wake, device.deviceId, entry);
      return { device, outcome, entry };
    }),
  );
}

function buildMessage({ clock, config }: Services, wake: Wake, ringEndsAt: number): FcmMessage {
  const { linkedId, exten, callerId, callerName, callType } = wake;
  const alert = { title: callerName || callerId || config.texts.unknownCaller, body: config.texts.callAlertBody };
  const callId = buildCallId(wake);
  return buildCallPush({
    callId,
    linkedId,
    exten,
    callerId,
    callerName,
    callType,
    now: clock.now(),
    ringEndsAt,
    alert,
  });
}

function buildEntry({ exten }: Wake, outcome: Outcome, at: number): CallDevice {
  if (outcome.status !== "accepted") return { exten, state: "failed", error: outcome.code };
  return { exten, state: "accepted", messageId: outcome.messageId, acceptedAt: Timestamp.fromMillis(at) };
}

/** Keeps a request that takes over after a crash from waking the phone again; failing, the answer's record still has it. */
async function recordDevice(services: Services, wake: Wake, deviceId: string, entry: CallDevice): Promise<void> {
  try {
    await callRef(services.db, wake).update(new FieldPath("devices", deviceId), entry);
  } catch (error) {
    services.log.warn("outcome_not_recorded_yet", { callId: buildCallId(wake), deviceId, error });
  }
}

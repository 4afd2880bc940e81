import { Timestamp } from "firebase-admin/firestore";
import type { Device } from "../devices/device.ts";
import { callBudget } from "../fcm/budget.ts";
import type { FcmMessage } from "../fcm/message.ts";
import type { Outcome } from "../fcm/outcome.ts";
import { buildCallPush } from "../messages/call-push.ts";
import type { Services } from "../services.ts";
import { buildCallId, callRef, type CallDocument } from "./call.ts";
import { changeCall } from "./change-call.ts";
import { stillRings } from "./still-rings.ts";
import type { Claim, Wake } from "./record-call.ts";
import { applyDeviceEvent, type DeviceFacts } from "./state.ts";

/** One phone that was pushed to, and what goes on the call's record about it. */
export interface Pushed {
  readonly device: Device;
  readonly outcome: Outcome;
  readonly facts: DeviceFacts;
}

/** A call's phones after FCM has answered for one of them. */
export function applyPushed(call: CallDocument, { device, outcome, facts }: Pushed): CallDocument["devices"] {
  return applyDeviceEvent(call, device.deviceId, outcome.status === "accepted" ? "accepted" : "failed", facts);
}

/** Pushes a call to phones, all at once: a slow one delays nobody, and each outcome is on record before the next is known. */
export async function pushToDevices(
  services: Services,
  wake: Wake,
  { ringEndsAt, heldUntil: endsAt }: Claim,
  devices: readonly Device[],
): Promise<readonly Pushed[]> {
  const message = buildMessage(services, wake, ringEndsAt);
  let underWay = devices.length;
  return Promise.all(
    devices.map(async (device) => {
      const isStillWanted = async () => stillRings(services, wake, device.deviceId);
      const budget = callBudget({ ringEndsAt, endsAt, isStillWanted });
      const outcome = await services.fcm.send(device.registration, message, budget);
      const pushed = { device, outcome, facts: buildFacts(wake, outcome, services.clock.now()) };
      underWay -= 1;
      // The last one goes on record with the answer, so that a call with one phone costs one write and not two.
      if (underWay > 0) await recordPushed(services, wake, pushed);
      return pushed;
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

function buildFacts({ exten }: Wake, outcome: Outcome, at: number): DeviceFacts {
  if (outcome.status !== "accepted") return { exten, error: outcome.code };
  return { exten, messageId: outcome.messageId, acceptedAt: Timestamp.fromMillis(at) };
}

/** Keeps a request that takes over after a crash from waking the phone again; failing, the answer's record still has it. */
async function recordPushed(services: Services, wake: Wake, pushed: Pushed): Promise<void> {
  try {
    await changeCall(services, callRef(services.db, wake), (call) => ({ devices: applyPushed(call, pushed) }));
  } catch (error) {
    services.log.warn("outcome_not_recorded_yet", {
      callId: buildCallId(wake),
      deviceId: pushed.device.deviceId,
      error,
    });
  }
}

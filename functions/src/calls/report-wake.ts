import type { Services } from "../services.ts";
import { buildCallId, type WakeAnswer } from "./call.ts";
import type { Pushed } from "./push-to-devices.ts";
import type { Wake } from "./record-call.ts";

/** One line for each phone that FCM did not take the push for. */
export function reportPushed({ log }: Services, wake: Wake, pushed: readonly Pushed[]): void {
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

/** One line for the call, with how long the PBX's webhook was under way until FCM took the first push. */
export function reportWake(
  { log }: Services,
  wake: Wake,
  answer: WakeAnswer,
  { pushed, startedAt }: { readonly pushed: readonly Pushed[]; readonly startedAt: number },
): void {
  const webhookToAcceptedMs = findWebhookToAccepted(pushed, startedAt);
  const { pbxId, exten, callerId, callerName } = wake;
  const caller = { callerId, callerName };
  const times = webhookToAcceptedMs === undefined ? {} : { webhookToAcceptedMs };
  log.info("call_woken", { callId: buildCallId(wake), pbxId, exten, ...caller, ...answer, ...times });
}

function findWebhookToAccepted(pushed: readonly Pushed[], startedAt: number): number | undefined {
  const accepted = pushed.flatMap(({ facts: { acceptedAt } }) => acceptedAt?.toMillis() ?? []);
  return accepted.length === 0 ? undefined : Math.min(...accepted) - startedAt;
}

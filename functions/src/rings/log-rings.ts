import { pickApnsReason } from "../transport/outcome.ts";
import type { Services } from "../services.ts";
import type { Announced, Pushed, Run } from "./announce/announcement.ts";

/** Logs one line for each phone whose push FCM did not accept. */
export function logPushed(
  { log }: Services,
  callId: string,
  pushed: readonly Pick<Pushed, "device" | "outcome">[],
): void {
  for (const { device, outcome } of pushed) {
    if (outcome.status === "accepted") continue;
    const { deviceId, registration } = device;
    const fields = { callId, deviceId, registration, code: outcome.code, ...pickApnsReason(outcome) };
    // A rejection is our own fault (message, credentials, project) and recurs until an operator repairs it.
    if (outcome.status === "rejected") log.error("push_rejected", { ...fields, reason: outcome.message });
    else if (outcome.status === "unavailable") log.warn("push_unavailable", fields);
    else log.info("push_unregistered", fields);
  }
}

/** Logs one line for the ring, with the time from the PBX's webhook until FCM accepted the first push. */
export function logAnnounced(
  { log }: Services,
  { announcement, receivedAt }: Run,
  { ringId, answer, pushed }: Announced & { readonly pushed: readonly Pushed[] },
): void {
  const { pbxId, linkedId, exten, callerId, callerName } = announcement;
  const accepted = pushed.filter(({ outcome }) => outcome.status === "accepted").map(({ at }) => at);
  const times = accepted.length === 0 ? {} : { webhookToAcceptedMs: Math.min(...accepted) - receivedAt };
  log.info("call_woken", { callId: ringId, pbxId, linkedId, exten, callerId, callerName, ...answer, ...times });
}

import { pickApnsReason } from "../transport/outcome.ts";
import { wasUnwanted } from "../transport/retry.ts";
import type { Services } from "../services.ts";
import type { Announced, Pushed, Run } from "./announce/announcement.ts";
import { findVoip } from "./announce/push-to-device.ts";

/** Logs one line for each phone whose push FCM did not accept. */
export function logPushed(
  { log }: Services,
  callId: string,
  pushed: readonly Pick<Pushed, "device" | "outcome">[],
): void {
  for (const { device, outcome } of pushed) {
    // The ring was over, or the phone had the call already.
    if (outcome.status === "accepted" || wasUnwanted(outcome)) continue;
    const { deviceId, registration } = device;
    const fields = { callId, deviceId, registration, code: outcome.code, ...pickApnsReason(outcome) };
    // A rejection is our own fault (message, credentials, project) and recurs until an operator repairs it.
    if (outcome.status === "rejected") log.error("push_rejected", { ...fields, reason: outcome.message });
    else if (outcome.status === "unavailable") log.warn("push_unavailable", fields);
    else log.info("push_unregistered", fields);
  }
}

/** Logs one line for each iPhone that APNs was to ring and did not, without its VoIP token. */
export function logVoip(services: Services, callId: string, pushed: readonly Pushed[]): void {
  const { log } = services;
  for (const { device, outcome, voip } of pushed) {
    if (findVoip(services, device) === undefined || voip?.status === "accepted") continue;
    if (voip === undefined && wasUnwanted(outcome)) continue;
    const carriedBy = outcome.status === "accepted" ? "fcm" : "none";
    // FCM has accepted the push before APNs has answered.
    const fields = { callId, deviceId: device.deviceId, code: voip?.code ?? "no_answer", carriedBy };
    if (voip?.status === "rejected") log.error("voip_push_rejected", { ...fields, reason: voip.message });
    else if (voip?.status === "unregistered") log.info("voip_push_unregistered", fields);
    else log.warn("voip_push_unavailable", fields);
  }
}

/** Logs one line for the ring, with the time from the PBX's webhook until FCM or APNs accepted the first push. */
export function logAnnounced(
  { log }: Services,
  { announcement, receivedAt }: Run,
  { ringId, answer, pushed }: Announced & { readonly pushed: readonly Pushed[] },
): void {
  const { pbxId, linkedId, exten, callerId, callerName } = announcement;
  const accepted = pushed.filter(({ outcome }) => outcome.status === "accepted");
  const channel = nameChannel(accepted);
  // A push that an earlier request has sent says nothing of this one.
  const waits = accepted.map(({ at }) => at - receivedAt).filter((ms) => ms >= 0);
  const times = waits.length === 0 ? {} : { webhookToAcceptedMs: Math.min(...waits) };
  log.info("call_woken", {
    callId: ringId,
    pbxId,
    linkedId,
    exten,
    callerId,
    callerName,
    ...answer,
    channel,
    ...times,
  });
}

/** Which channel has accepted the pushes of a ring. */
function nameChannel(accepted: readonly Pushed[]): Pushed["channel"] | "both" | "none" {
  const [first, second] = new Set(accepted.map(({ channel }) => channel));
  return second === undefined ? (first ?? "none") : "both";
}

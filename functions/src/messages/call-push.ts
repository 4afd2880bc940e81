import type { AndroidPart, AndroidV2Part, ApnsAlert, FcmMessage } from "../fcm/message.ts";
import type { IncomingCallData } from "../wire.ts";
import { labelPush } from "./analytics-label.ts";
import { buildApnsCollapseId } from "./apns-collapse-id.ts";
import { buildWebpush, epochSeconds, formatTime, wholeSeconds } from "./parts.ts";

/** What a phone must know to ring; times are milliseconds since the epoch. */
export interface RingingCall {
  readonly callId: string;
  readonly linkedId: string;
  /** The PBX's id of the ring; absent if the PBX gives none. */
  readonly pbxRingId?: string | undefined;
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly now: number;
  readonly ringEndsAt: number;
}

/** A call to ring, with what an iPhone shows; Android's app draws the call itself. */
export interface CallPush extends RingingCall {
  readonly alert: ApnsAlert;
  /** Whether the phone's app says that its SDK knows `android_v2`. */
  readonly androidV2?: boolean;
}

/** The data of a call push, the same by FCM and by APNs. */
export function buildCallData(call: RingingCall): IncomingCallData {
  const { callId, linkedId, pbxRingId, exten, callerId, callerName, callType, now, ringEndsAt } = call;
  return {
    type: "incoming_call",
    callId,
    linkedId,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    callerId,
    callerName,
    callType,
    timestamp: formatTime(now),
    expiresAt: formatTime(ringEndsAt),
  };
}

/** The push that makes a phone ring. It has no `notification`: Android would show that instead of waking the app. */
export function buildCallPush(call: CallPush): FcmMessage {
  const { callId, now, ringEndsAt, alert } = call;
  const ttlSeconds = wholeSeconds(ringEndsAt - now);
  return {
    data: { ...buildCallData(call) },
    ...labelPush("call"),
    ...buildAndroid(call, `${ttlSeconds}s`),
    apns: {
      headers: {
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": epochSeconds(ringEndsAt),
        "apns-collapse-id": buildApnsCollapseId(callId),
      },
      payload: {
        aps: {
          alert,
          sound: "default",
          category: "CALL_CATEGORY",
          "thread-id": "incoming_call",
          "interruption-level": "time-sensitive",
          "mutable-content": 1,
        },
      },
    },
    webpush: buildWebpush("high", ttlSeconds),
  };
}

/** One of Android's two parts: FCM refuses a message with both. */
function buildAndroid(
  { alert, androidV2 = false }: CallPush,
  ttl: `${number}s`,
): { readonly android: AndroidPart } | { readonly android_v2: AndroidV2Part } {
  if (!androidV2) return { android: { priority: "high", ttl } };
  // The app's code draws the call instead of the alert, as it does with a data message.
  const remote_notification = { notification: alert, mutable_content: true, use_as_v1_data_message: true };
  return { android_v2: { ttl, remote_notification } };
}

import type { ApnsAlert, FcmMessage } from "../fcm/message.ts";
import type { IncomingCallData } from "../wire.ts";
import { buildApnsCollapseId } from "./apns-collapse-id.ts";
import { buildWebpush, epochSeconds, formatTime, wholeSeconds } from "./parts.ts";

/** What a phone must know to ring; times are milliseconds since the epoch. */
export interface CallPush {
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
  /** What an iPhone shows; Android's app draws the call itself. */
  readonly alert: ApnsAlert;
}

/** The push that makes a phone ring. It has no `notification`: Android would show that instead of waking the app. */
export function buildCallPush(call: CallPush): FcmMessage {
  const { callId, linkedId, pbxRingId, exten, callerId, callerName, callType, now, ringEndsAt, alert } = call;
  const ttlSeconds = wholeSeconds(ringEndsAt - now);
  return {
    data: {
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
    } satisfies IncomingCallData,
    android: { priority: "high", ttl: `${ttlSeconds}s` },
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

import type { ApnsAlert, FcmMessage } from "../fcm/message.ts";
import type { CallEndedData, EndReason } from "../wire.ts";
import { labelPush } from "./analytics-label.ts";
import { buildApnsCollapseId } from "./apns-collapse-id.ts";
import { buildWebpush, epochSeconds } from "./parts.ts";

/** What a phone must know to stop ringing; `now` in milliseconds since the epoch. */
export interface CallEndPush {
  readonly callId: string;
  readonly now: number;
  /** Absent for a phone that has changed hands. */
  readonly reason?: EndReason | undefined;
  /** Replaces the call's alert on an iPhone; absent if that has shown none. */
  readonly alert?: ApnsAlert | undefined;
}

/** After this many seconds, a phone that was offline when the call ended has stopped ringing by itself. */
const callEndTtlSeconds = 60;

/** The push that makes a phone stop ringing; on an iPhone it silently replaces the alert of the call. */
export function buildCallEndPush({ callId, now, reason, alert }: CallEndPush): FcmMessage {
  return {
    data: { type: "call_ended", callId, ...(reason !== undefined && { reason }) } satisfies CallEndedData,
    ...labelPush("end"),
    // FCM lowers the high priority of an install whose pushes show nothing, and calls would come late. A phone that rings
    // is awake, and gets this at once all the same.
    android: { priority: "normal", ttl: `${callEndTtlSeconds}s` },
    apns: {
      headers: {
        "apns-push-type": alert === undefined ? "background" : "alert",
        "apns-priority": "5",
        "apns-expiration": epochSeconds(now + callEndTtlSeconds * 1000),
        "apns-collapse-id": buildApnsCollapseId(callId),
      },
      payload: {
        aps: {
          // Wakes the app: it may show a call that APNs has brought late.
          "content-available": 1,
          ...(alert !== undefined && { alert, "thread-id": "incoming_call", "interruption-level": "passive" }),
        },
      },
    },
    webpush: buildWebpush("high", callEndTtlSeconds),
  };
}

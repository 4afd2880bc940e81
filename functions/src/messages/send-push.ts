import type { FcmMessage } from "../fcm/message.ts";
import { labelPush } from "./analytics-label.ts";

/** A plain push from a PBX: the texts that the system shows, and data for the app. */
export interface PlainPush {
  readonly title: string;
  readonly body: string;
  readonly data: Readonly<Record<string, string>>;
}

/** A plain push about a call. */
export interface CallNotice extends PlainPush {
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
}

/** The message of `POST /send`, as released apps expect it. */
export function buildCallNotice(push: CallNotice, now: number): FcmMessage {
  const { title, body } = push;
  return {
    notification: { title, body },
    data: {
      caller_id: push.callerId,
      caller_name: push.callerName,
      call_type: push.callType,
      timestamp: new Date(now).toISOString(),
      ...push.data,
    },
    ...labelPush("send"),
    android: {
      priority: "high",
      notification: { sound: "default", notification_priority: "PRIORITY_MAX", channel_id: "calls" },
    },
    apns: {
      payload: {
        aps: {
          alert: { title, body },
          sound: "default",
          badge: 1,
          category: "CALL_CATEGORY",
          "thread-id": "incoming_call",
        },
      },
    },
  };
}

/** The message of `POST /send-batch`, as released apps expect it. */
export function buildPlainNotice({ title, body, data }: PlainPush): FcmMessage {
  return {
    notification: { title, body },
    ...(Object.keys(data).length > 0 && { data }),
    ...labelPush("send"),
    apns: { payload: { aps: { sound: "default", badge: 1 } } },
  };
}

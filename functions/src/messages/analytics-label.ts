import type { FcmMessage } from "../fcm/message.ts";

/** The kinds of pushes that FCM's reports tell apart. */
export type AnalyticsLabel = "call" | "end" | "campaign" | "reserved" | "send";

/**
 * The label of a kind of push, for every platform: FCM counts labelled data messages by it. It says nothing of a user or
 * a call; https://firebase.google.com/docs/cloud-messaging/understand-delivery
 */
export function labelPush(kind: AnalyticsLabel): Required<Pick<FcmMessage, "fcm_options">> {
  return { fcm_options: { analytics_label: kind } };
}

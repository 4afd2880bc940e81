// The part of https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages that we build.
import type { Registration } from "../registration.ts";

/** Where a message goes: one app install, or all subscribers of an FCM topic (its name without `/topics/`). */
export type Target = Registration | { readonly kind: "fcmTopic"; readonly value: string };

/** A message without its target: FCM's own JSON, so that what is built here is what is posted. */
export interface FcmMessage {
  readonly notification?: FcmNotification;
  /** Reaches the app unchanged; see `checkMessage` for the keys that FCM reserves. */
  readonly data?: Readonly<Record<string, string>>;
  readonly android?: AndroidPart;
  /** FCM refuses a message that has both parts for Android. */
  readonly android_v2?: AndroidV2Part;
  readonly apns?: ApnsPart;
  readonly webpush?: WebpushPart;
  /** For every platform; a platform's part may have options of its own, which replace these. */
  readonly fcm_options?: { readonly analytics_label: string };
}

/** The notification that the system draws itself, on every platform. */
export interface FcmNotification {
  readonly title?: string;
  readonly body?: string;
}

/** The part for Android. */
export interface AndroidPart {
  readonly priority: "high" | "normal";
  /** Whole seconds with an `s`: `"30s"`; `"0s"` is now or never. */
  readonly ttl?: `${number}s`;
  readonly collapse_key?: string;
  readonly notification?: {
    readonly sound?: string;
    readonly notification_priority?: "PRIORITY_DEFAULT" | "PRIORITY_HIGH" | "PRIORITY_MAX";
    readonly channel_id?: string;
    /** A drawn notification with the same tag is replaced, not repeated. */
    readonly tag?: string;
  };
}

/**
 * The part for Android that replaces {@link AndroidPart}, in preview;
 * https://firebase.google.com/docs/cloud-messaging/send/v2-api
 */
export interface AndroidV2Part {
  readonly ttl?: `${number}s`;
  /** Urgent, and shown to the user: delivered at once, also to a phone that saves its battery. */
  readonly remote_notification: {
    /** What the SDK shows if the app's code does not change it. */
    readonly notification: FcmNotification;
    /** The app's code may change or replace what is shown. */
    readonly mutable_content?: boolean;
    /** An older SDK gets a data message, as it did before. */
    readonly use_as_v1_data_message?: boolean;
  };
}

/** The part for Apple's devices: APNs' own headers (all strings) and payload. */
export interface ApnsPart {
  readonly headers?: Readonly<Record<`apns-${string}`, string>>;
  readonly payload: { readonly aps: Aps };
}

/** https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification */
export interface Aps {
  readonly alert?: ApnsAlert;
  readonly sound?: string;
  readonly badge?: number;
  readonly category?: string;
  readonly "thread-id"?: string;
  readonly "interruption-level"?: "passive" | "active" | "time-sensitive";
  readonly "content-available"?: 1;
  readonly "mutable-content"?: 1;
}

/** The texts an iPhone shows; the caller knows the language. */
export interface ApnsAlert {
  readonly title: string;
  readonly body: string;
}

/** The part for browsers: web push headers of RFC 8030. */
export interface WebpushPart {
  readonly headers: { readonly TTL: string; readonly Urgency: "high" | "normal" | "low" };
}

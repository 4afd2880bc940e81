import type { CallEndedData, EndReason, IncomingCallData } from "../wire.ts";
import { buildApnsCollapseId } from "./apns-collapse-id.ts";
import type { ApnsAlert, FcmMessage, WebpushPart } from "./message.ts";

/** What a phone must know to ring; times are milliseconds since the epoch. */
export interface CallPush {
  readonly callId: string;
  readonly linkedId: string;
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly callType: string;
  readonly now: number;
  readonly ringEndsAt: number;
  /** What an iPhone shows; Android's app draws the call itself. */
  readonly alert: ApnsAlert;
}

/** The push that makes a phone ring. It has no `notification`: on Android that would be drawn instead of waking the app. */
export function buildCallPush(call: CallPush): FcmMessage {
  const { callId, linkedId, exten, callerId, callerName, callType, now, ringEndsAt, alert } = call;
  const ttlSeconds = wholeSeconds(ringEndsAt - now);
  return {
    data: {
      type: "incoming_call",
      callId,
      linkedId,
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

/** What a phone must know to stop ringing. */
export interface CallEndPush {
  readonly callId: string;
  readonly reason: EndReason;
  readonly now: number;
  /** What takes the place of the call's alert on an iPhone. */
  readonly alert: ApnsAlert;
}

/** A phone that was away when the call ended has stopped ringing by itself after this many seconds. */
const callEndTtlSeconds = 60;

/** The push that makes a phone stop ringing; on an iPhone it quietly replaces the alert of the call. */
export function buildCallEndPush({ callId, reason, now, alert }: CallEndPush): FcmMessage {
  return {
    data: { type: "call_ended", callId, reason } satisfies CallEndedData,
    android: { priority: "high", ttl: `${callEndTtlSeconds}s` },
    apns: {
      headers: {
        "apns-push-type": "alert",
        "apns-priority": "5",
        "apns-expiration": epochSeconds(now + callEndTtlSeconds * 1000),
        "apns-collapse-id": buildApnsCollapseId(callId),
      },
      payload: { aps: { alert, "thread-id": "incoming_call", "interruption-level": "passive" } },
    },
    webpush: buildWebpush("high", callEndTtlSeconds),
  };
}

/** What a push belongs to: a campaign, or one push of `POST /pushes`. It names the collapse key and the thread. */
export type PushSource = { readonly campaign: string } | { readonly pushId: string };

/** What silent pushes and notices have in common. */
export interface SourcedPush {
  readonly source: PushSource;
  /** Extra data for the app; it cannot change `type` or `campaign`. */
  readonly data?: Readonly<Record<string, string>>;
  readonly now: number;
  /** How long the push is worth delivering; of a silent one shorter than its period, so that two never meet. */
  readonly ttlSeconds: number;
}

/** The push that wakes the app without a trace on the screen. */
export function buildSilentPush({ source, data, now, ttlSeconds }: SourcedPush): FcmMessage {
  const id = nameSource(source);
  return {
    data: { ...data, type: "silent", ...("campaign" in source && { campaign: source.campaign }) },
    android: { priority: "normal", ttl: `${ttlSeconds}s`, collapse_key: id },
    apns: {
      headers: {
        "apns-push-type": "background",
        "apns-priority": "5",
        "apns-expiration": epochSeconds(now + ttlSeconds * 1000),
        "apns-collapse-id": buildApnsCollapseId(id),
      },
      payload: { aps: { "content-available": 1, "thread-id": id } },
    },
    webpush: buildWebpush("low", ttlSeconds),
  };
}

/** A text people see, which is in no hurry. */
export interface NoticePush extends SourcedPush {
  readonly title: string;
  readonly body: string;
}

/** The push that shows a text; sent again, it takes the place of the first on the screen. */
export function buildNoticePush({ source, title, body, data, now, ttlSeconds }: NoticePush): FcmMessage {
  const id = nameSource(source);
  return {
    notification: { title, body },
    data: { ...data, type: "notice", ...("campaign" in source && { campaign: source.campaign }) },
    android: { priority: "normal", ttl: `${ttlSeconds}s`, collapse_key: id, notification: { tag: id } },
    apns: {
      headers: {
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": epochSeconds(now + ttlSeconds * 1000),
        "apns-collapse-id": buildApnsCollapseId(id),
      },
      payload: { aps: { alert: { title, body }, "thread-id": id } },
    },
    webpush: buildWebpush("normal", ttlSeconds),
  };
}

function nameSource(source: PushSource): string {
  return "campaign" in source ? source.campaign : source.pushId;
}

// Rounded down: a push may die a moment before the ringing, never after. Zero is FCM's "now or never".
function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

function epochSeconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

// Without a TTL of its own a browser gets the push up to four weeks late.
function buildWebpush(Urgency: "high" | "normal" | "low", ttlSeconds: number): WebpushPart {
  return { headers: { TTL: String(ttlSeconds), Urgency } };
}

import { Timestamp } from "firebase-admin/firestore";
import { historyMs, type Phone, type PhoneDevice, type Ring, type StoredRing } from "../../functions/src/rings/ring.ts";
import type {
  PhoneCause,
  Question,
  RingCause,
  MissingCause,
  MissingQuestion,
} from "../../functions/src/rings/verdict/verdict.ts";

/** The call of all examples came at this time, 14:03:02.120 in Seoul. */
export const announcedAt = Date.parse("2026-11-30T05:03:02.120Z");

/** The zone of all examples. */
export const timeZone = "Asia/Seoul";

const hourMs = 3_600_000;

/** A time of the examples: so many milliseconds after the announcement. */
export const after = (ms: number) => Timestamp.fromMillis(announcedAt + ms);

const sent = { messageId: "projects/demo/messages/1", acceptedAt: after(180) } as const;

/** An Android phone that was seen six days before. */
export const android: PhoneDevice = {
  platform: "android",
  os: "android",
  osVersion: "14",
  model: "SM-S921N",
  appVersion: "2.3.1",
  notifications: true,
  fullScreen: true,
  batteryRestricted: false,
  lastSeenAt: after(-6 * 24 * hourMs),
};

/** An iPhone with a VoIP token. */
export const iphone: PhoneDevice = {
  platform: "ios",
  model: "iPhone 16",
  voip: "production",
  lastSeenAt: after(-hourMs / 2),
};

/** A ring of thirty seconds, with one phone or none. */
export function buildStored(phone: Phone | undefined, fields: Partial<Ring> = {}, id = "ring-1"): StoredRing {
  const ring: Ring = {
    callKey: "pbx-1~1763712000.17",
    pbxId: "pbx-1",
    linkedId: "1763712000.17",
    exten: "07045144801",
    uid: "alice",
    callerId: "01012345678",
    callerName: "홍길동",
    callType: "voice",
    status: "notified",
    claim: { by: "request", until: after(8500) },
    answer: { status: "notified", devices: 1, accepted: 1 },
    phones: phone === undefined ? {} : { "phone-1": phone },
    createdAt: after(0),
    ringEndsAt: after(30_000),
    removeAt: after(historyMs),
    ...fields,
  };
  return { id, ring, createTime: after(0), updateTime: after(1000) };
}

/** A question an hour later, about a ring with one phone. */
function ask(phone: Phone | undefined, fields: Partial<Ring> = {}, more: Partial<Question> = {}): Question {
  return { ring: buildStored(phone, fields), now: announcedAt + hourMs, timeZone, ...more };
}

const refused = (status: "unregistered" | "rejected" | "unavailable", code: string, ms = 220): Phone => ({
  state: "failed",
  error: code,
  said: { fcm: { status, code, at: after(ms) } },
  device: android,
});

const silent: Phone = { state: "accepted", ...sent, device: android };
const woken: Phone = { ...silent, state: "received", receivedAt: after(1400) };
const ready: Phone = { ...woken, state: "ready", readyAt: after(2100) };

const failed = (failure: Phone["failure"] & string): Phone => ({ ...woken, failedAt: after(9000), failure });

/** The phone was told to stop, as the end says. */
const ended = (phone: Phone, endReason: Ring["endReason"] & string, ms: number): [Phone, Partial<Ring>] => [
  { ...phone, state: "ended", endReason, toldAt: after(ms + 200) },
  { status: "ended", endedAt: after(ms), endReason },
];

const otherCall = buildStored(
  { ...ready, state: "answered", answeredAt: after(-60_000) },
  { callKey: "pbx-1~1763712000.9", createdAt: after(-70_000), status: "answered", endedAt: after(45_000) },
  "ring-0",
);

/** A question for each cause of a phone. */
export const phoneExamples: Readonly<Record<PhoneCause, Question>> = {
  answered_here: ask(
    { ...ready, state: "answered", answeredAt: after(5200) },
    { status: "answered", answeredAt: after(5200) },
  ),
  declined_here: ask({ ...ready, state: "declined", declinedAt: after(4300) }, { status: "declined" }),
  app_uninstalled: ask(refused("unregistered", "UNREGISTERED")),
  sender_mismatch: ask(refused("rejected", "SENDER_ID_MISMATCH")),
  apns_key: ask({
    ...silent,
    said: {
      apns: { status: "rejected", code: "InvalidProviderToken", at: after(240) },
      fcm: { status: "accepted", at: after(410) },
    },
    device: iphone,
  }),
  apns_environment: ask({
    ...silent,
    said: {
      apns: { status: "unregistered", code: "BadDeviceToken", at: after(350) },
      fcm: { status: "accepted", at: after(520) },
    },
    device: iphone,
  }),
  fcm_quota: ask(refused("unavailable", "QUOTA_EXCEEDED")),
  fcm_credentials: ask(refused("rejected", "PERMISSION_DENIED")),
  fcm_down: ask({ ...refused("unavailable", "timeout", 8100), mayBeDelivered: true }),
  push_refused: ask(refused("rejected", "INVALID_ARGUMENT")),
  no_settings: ask(failed("no_settings")),
  no_permission: ask(failed("no_permission")),
  no_connection: ask(failed("no_connection")),
  app_error: ask(failed("error")),
  busy: ask(silent, {}, { rings: [otherCall] }),
  under_way: ask(ready, {}, { now: announcedAt + 6400 }),
  deprioritised: ask({
    ...woken,
    receivedAt: after(41_000),
    facts: { priority: "normal", originalPriority: "high" },
  }),
  late: ask({ ...woken, receivedAt: after(41_300) }),
  clock_wrong: ask({
    ...woken,
    facts: { receivedAt: "2026-11-30T04:51:00.000Z", sentAt: "2026-11-30T05:03:02.300Z" },
  }),
  ended_by_phone: ask({ ...ready, state: "ended", endedAt: after(3400) }),
  answered_elsewhere: ask(...ended(silent, "answered_elsewhere", 3100)),
  declined_elsewhere: ask(...ended(ready, "declined", 6300)),
  caller_gave_up: ask(...ended(silent, "cancelled", 1900)),
  interrupted: ask(
    { state: "ended", endReason: "missed" },
    { status: "ended", endedAt: after(30_000), endReason: "missed" },
  ),
  battery_restricted: ask({ ...silent, device: { ...android, batteryRestricted: true } }),
  ring_too_short: ask(silent, { ringEndsAt: after(5000) }),
  notifications_off: ask({ ...ready, device: { ...android, notifications: false } }),
  alert_only: ask({ ...silent, device: { platform: "ios", model: "iPhone 16", lastSeenAt: after(-hourMs) } }),
  phone_offline: ask(silent),
  app_died: ask(woken),
  full_screen_off: ask({ ...ready, device: { ...android, fullScreen: false } }),
  not_answered: ask(ready),
};

const nobody = { status: "failed", answer: { status: "no_devices", devices: 0, accepted: 0 } } as const;

/** A ring whose exten has no line. */
const unowned = (more: Partial<Question> = {}): Question => {
  const stored = buildStored(undefined, nobody);
  const { uid: _uid, ...ring } = stored.ring;
  return { ring: { ...stored, ring }, now: announcedAt + hourMs, timeZone, ...more };
};

/** A ring without an answer to the PBX. */
const unanswered = (fields: Partial<Ring> = {}, more: Partial<Question> = {}): Question => {
  const question = ask(undefined, { status: "waking", ...fields }, more);
  const { answer: _answer, ...ring } = question.ring.ring;
  return { ...question, ring: { ...question.ring, ring } };
};

/** A question for each cause of a ring without a phone. */
export const ringExamples: Readonly<Record<RingCause, Question>> = {
  record_gone: unanswered({ joined: "ring-0" }),
  under_way: unanswered({}, { now: announcedAt + 300 }),
  exten_misspelt: unowned({ similarLines: ["+827045144801"] }),
  no_line: unowned(),
  no_device: ask(undefined, nobody),
  over_before: ask(undefined, {
    status: "ended",
    answer: { status: "ended", devices: 0, accepted: 0 },
    endedAt: after(0),
    endReason: "cancelled",
  }),
  interrupted: unanswered(),
};

const missing = { time: announcedAt, timeZone } as const;

/** A question for each cause of a call without a ring. */
export const missingExamples: Readonly<Record<MissingCause, MissingQuestion>> = {
  key_expired: { ...missing, keys: [{ pbxId: "pbx-1", state: "expired", since: announcedAt - 72 * hourMs }] },
  key_revoked: { ...missing, keys: [{ pbxId: "pbx-1", state: "revoked", since: announcedAt - 2 * hourMs }] },
  key_refused: { ...missing, keys: [{ pbxId: "pbx-1", state: "refused" }] },
  not_announced: missing,
};

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  after,
  android,
  announcedAt,
  buildStored,
  iphone,
  phoneExamples,
  ringExamples,
  missingExamples,
  timeZone,
} from "../../../docs/reference/verdict-examples.ts";
import type { Phone, PhoneDevice, Ring } from "../../../functions/src/rings/ring.ts";
import {
  explainRing,
  explainMissing,
  phoneTable,
  ringTable,
  missingTable,
  type PhoneCause,
  type Question,
} from "../../../functions/src/rings/verdict/verdict.ts";
import { tellSpan, tellTimesIn } from "../../../functions/src/rings/verdict/words.ts";

const hourMs = 3_600_000;

/** What FCM or APNs said of a push. */
const answer = (status: "accepted" | "unregistered" | "rejected" | "unavailable", code?: string, ms = 200) => ({
  status,
  ...(code !== undefined && { code }),
  at: after(ms),
});

const accepted = { messageId: "1", acceptedAt: after(200), device: android } as const;
const silent: Phone = { state: "accepted", ...accepted };
const woken: Phone = { ...silent, state: "received", receivedAt: after(900) };
const ready: Phone = { ...woken, state: "ready", readyAt: after(1500) };
const refused = (status: "unregistered" | "rejected" | "unavailable", code: string): Phone => ({
  state: "failed",
  error: code,
  said: { fcm: answer(status, code) },
  device: android,
});
const was = (device: Partial<PhoneDevice>): Pick<Phone, "device"> => ({ device: { ...android, ...device } });

/** How the ring ended, so many milliseconds after it was announced. */
const end = (endReason: Ring["endReason"] & string, ms: number): Partial<Ring> => ({
  status: "ended",
  endReason,
  endedAt: after(ms),
});
const told = (phone: Phone, endReason: Ring["endReason"] & string): Phone => ({ ...phone, state: "ended", endReason });

const judge = (phone: Phone, fields: Partial<Ring> = {}, more: Partial<Question> = {}) =>
  explainRing({ ring: buildStored(phone, fields), now: announcedAt + hourMs, timeZone, ...more });

/** What was planted, and what a support person must hear. */
const planted: readonly (readonly [string, PhoneCause, Phone, Partial<Ring>?, Partial<Question>?])[] = [
  ["the app was uninstalled", "app_uninstalled", refused("unregistered", "UNREGISTERED")],
  ["FCM calls its token invalid", "app_uninstalled", refused("unregistered", "INVALID_ARGUMENT")],
  ["a ring of an earlier version has only the code", "app_uninstalled", { state: "failed", error: "UNREGISTERED" }],
  [
    "APNs says 410 and FCM took the alert",
    "app_uninstalled",
    { ...silent, device: iphone, said: { apns: answer("unregistered", "Unregistered"), fcm: answer("accepted") } },
  ],
  ["FCM forwards APNs' 410", "app_uninstalled", refused("unregistered", "INVALID_ARGUMENT/Unregistered")],
  ["the app is of another project", "sender_mismatch", refused("rejected", "SENDER_ID_MISMATCH")],
  ["FCM answers 503", "fcm_down", refused("unavailable", "UNAVAILABLE")],
  [
    "FCM is silent, and the caller hangs up later",
    "fcm_down",
    told({ ...refused("unavailable", "timeout"), mayBeDelivered: true }, "cancelled"),
    end("cancelled", 20_000),
  ],
  ["a ring of an earlier version met a fault", "fcm_down", { state: "failed", error: "ECONNREFUSED" }],
  ["FCM has an unknown fault", "fcm_down", refused("unavailable", "http_599")],
  ["the quota is used up", "fcm_quota", refused("unavailable", "QUOTA_EXCEEDED")],
  ["the project does not exist", "fcm_credentials", refused("rejected", "NOT_FOUND")],
  [
    "the key for browsers is wrong",
    "push_refused",
    { ...refused("rejected", "THIRD_PARTY_AUTH_ERROR"), ...was({ platform: "web" }) },
  ],
  ["the message is wrong", "push_refused", refused("rejected", "INVALID_ARGUMENT")],
  ["the phone is off", "phone_offline", silent],
  ["the phone is off, and the PBX gave up", "phone_offline", told(silent, "missed"), end("missed", 25_000)],
  [
    "the phone is off, and the call was answered late",
    "phone_offline",
    told(silent, "answered_elsewhere"),
    end("answered_elsewhere", 20_000),
  ],
  ["an iPhone that took APNs' push is off", "phone_offline", { ...silent, channel: "apns", device: iphone }],
  [
    "the phone woke after the end",
    "late",
    { ...told(silent, "missed"), receivedAt: after(26_000) },
    end("missed", 25_000),
  ],
  ["the phone woke after a short ring", "late", { ...woken, receivedAt: after(8000) }, { ringEndsAt: after(5000) }],
  ["the phone was ready after the end", "late", { ...woken, state: "ready", readyAt: after(31_000) }],
  ["its battery is saved", "battery_restricted", { ...silent, ...was({ batteryRestricted: true }) }],
  ["it has no socket", "no_connection", { ...woken, failure: "no_connection", failedAt: after(30_100) }],
  [
    "it says so without a receipt before",
    "no_connection",
    { ...silent, state: "received", failure: "no_connection", failedAt: after(30_100) },
  ],
  ["it was ready after all", "not_answered", { ...ready, failure: "no_connection", failedAt: after(1200) }],
  [
    "it woke an hour later, without a socket",
    "late",
    { ...woken, receivedAt: after(hourMs), failure: "no_connection", failedAt: after(hourMs + 100) },
  ],
  ["it has no settings", "no_settings", { ...woken, failure: "no_settings", failedAt: after(1000) }],
  ["it has no permission", "no_permission", { ...woken, failure: "no_permission", failedAt: after(1000) }],
  ["the app met an error", "app_error", { ...woken, failure: "error", failedAt: after(1000) }],
  ["the caller gave up first", "caller_gave_up", told(silent, "cancelled"), end("cancelled", 1500)],
  [
    "the caller gave up before the push left",
    "caller_gave_up",
    { state: "failed", error: "not_wanted", device: android },
    end("cancelled", 900),
  ],
  [
    "the caller gave up while the phone woke",
    "caller_gave_up",
    told({ ...woken, receivedAt: after(9000) }, "cancelled"),
    end("cancelled", 11_000),
  ],
  ["the caller gave up as the phone began to ring", "caller_gave_up", told(ready, "cancelled"), end("cancelled", 2500)],
  ["the caller waited long enough", "not_answered", told(ready, "cancelled"), end("cancelled", 20_000)],
  ["it was declined at a desk phone", "declined_elsewhere", told(ready, "declined"), end("declined", 6000)],
  [
    "it was declined here",
    "declined_here",
    { ...ready, state: "declined", declinedAt: after(4000) },
    { status: "declined" },
  ],
  [
    "it was answered elsewhere",
    "answered_elsewhere",
    told(ready, "answered_elsewhere"),
    end("answered_elsewhere", 7000),
  ],
  ["it was answered elsewhere at once", "answered_elsewhere", told(silent, "answered"), end("answered", 2000)],
  [
    "it was answered here",
    "answered_here",
    { ...ready, state: "answered", answeredAt: after(5000) },
    { status: "answered", answeredAt: after(5000) },
  ],
  [
    "its priority was lowered, and it was late",
    "deprioritised",
    { ...woken, receivedAt: after(40_000), facts: { priority: "normal", originalPriority: "high" } },
  ],
  [
    "its priority was lowered, and it rang in time",
    "not_answered",
    { ...ready, facts: { priority: "normal", originalPriority: "high" } },
  ],
  [
    "its clock is slow",
    "clock_wrong",
    { ...woken, facts: { receivedAt: "2026-11-30T05:02:02.000Z", sentAt: "2026-11-30T05:03:02.300Z" } },
  ],
  ["its clock is fast", "clock_wrong", { ...woken, facts: { receivedAt: "2026-11-30T05:13:02.000Z" } }],
  [
    "its clock is right, and its report was delayed",
    "late",
    {
      ...woken,
      receivedAt: after(90_000),
      facts: { receivedAt: "2026-11-30T05:03:03.000Z", sentAt: "2026-11-30T05:03:02.300Z" },
    },
  ],
  ["its clock is no time", "app_died", { ...woken, facts: { receivedAt: "today" } }],
  [
    "our key for Apple is wrong",
    "apns_key",
    { ...silent, device: iphone, said: { apns: answer("rejected", "InvalidProviderToken"), fcm: answer("accepted") } },
  ],
  ["Firebase's key for Apple is wrong", "apns_key", refused("rejected", "THIRD_PARTY_AUTH_ERROR")],
  ["Apple refuses Firebase's key", "apns_key", refused("rejected", "THIRD_PARTY_AUTH_ERROR/InvalidProviderToken")],
  [
    "our key is wrong and FCM is down",
    "apns_key",
    {
      state: "failed",
      error: "UNAVAILABLE",
      device: iphone,
      said: { apns: answer("rejected", "Forbidden"), fcm: answer("unavailable", "UNAVAILABLE") },
    },
  ],
  [
    "the VoIP token is of the other environment",
    "apns_environment",
    { ...silent, channel: "apns", device: iphone, said: { apns: { ...answer("accepted"), environment: "sandbox" } } },
  ],
  [
    "there was no time for the other environment",
    "apns_environment",
    {
      ...silent,
      device: iphone,
      said: { apns: { ...answer("unavailable", "BadDeviceToken"), environment: "sandbox" }, fcm: answer("accepted") },
    },
  ],
  [
    "no environment knows the token",
    "apns_environment",
    { ...silent, device: iphone, said: { apns: answer("unregistered", "BadDeviceToken"), fcm: answer("accepted") } },
  ],
  [
    "the other environment took it, and it rang",
    "not_answered",
    { ...ready, channel: "apns", device: iphone, said: { apns: { ...answer("accepted"), environment: "sandbox" } } },
  ],
  [
    "APNs is down",
    "alert_only",
    { ...silent, device: iphone, said: { apns: answer("unavailable", "http_503"), fcm: answer("accepted") } },
  ],
  ["APNs has not answered", "alert_only", { ...silent, device: iphone, said: { fcm: answer("accepted") } }],
  [
    "an iPhone has no VoIP token and forbids notifications",
    "notifications_off",
    { ...silent, ...was({ platform: "ios", notifications: false }) },
  ],
  ["an Android phone shows nothing", "notifications_off", { ...ready, ...was({ notifications: false }) }],
  [
    "an Android phone that is off forbids notifications",
    "phone_offline",
    { ...silent, ...was({ notifications: false }) },
  ],
  ["the ring was too short", "ring_too_short", silent, { ringEndsAt: after(5000) }],
  ["the PBX gave up at once", "ring_too_short", told(silent, "failed"), end("failed", 800)],
  ["the caller hung up a short ring", "phone_offline", told(silent, "cancelled"), end("cancelled", 8000)],
  ["it rang and nobody answered", "not_answered", ready],
  ["the screen stayed dark", "full_screen_off", { ...ready, ...was({ fullScreen: false }) }],
  ["the app was killed", "app_died", woken],
  ["the app ended the ring", "ended_by_phone", { ...ready, state: "ended", endedAt: after(3000) }],
  ["it still rings", "under_way", silent, {}, { now: announcedAt + 20_000 }],
  ["the PBX says busy", "busy", told(ready, "busy"), end("busy", 900)],
  ["the request died", "interrupted", { state: "ended", endReason: "missed" }, end("missed", 30_000)],
];

describe("a verdict on a phone", () => {
  for (const [what, cause, phone, fields, more] of planted) {
    it(`${cause}: ${what}`, () => {
      const [verdict] = judge(phone, fields, more).phones;
      assert.equal(verdict?.cause, cause);
    });
  }

  it("knows each cause of the table, and none that a row above hides", () => {
    assert.deepEqual(Object.keys(phoneExamples).toSorted(), phoneTable.map(({ cause }) => cause).toSorted());
    for (const [cause, question] of Object.entries(phoneExamples)) {
      assert.equal(explainRing(question).phones[0]?.cause, cause);
    }
  });

  it("has one row for each cause, with its evidence", () => {
    for (const table of [phoneTable, ringTable, missingTable]) {
      assert.equal(new Set(table.map(({ cause }) => cause)).size, table.length);
      for (const { cause, evidence } of table) assert.ok(evidence.length > 10, cause);
    }
  });

  it("has the milliseconds since the announcement", () => {
    const [verdict] = judge(
      told({ ...ready, failedAt: after(1200), failure: "error" }, "cancelled"),
      end("cancelled", 9000),
    ).phones;
    assert.deepEqual(verdict?.times, {
      acceptedMs: 200,
      receivedMs: 900,
      readyMs: 1500,
      failedMs: 1200,
      endedMs: 9000,
    });
    assert.deepEqual(judge(silent, {}, { now: announcedAt + 500 }).phones[0]?.times, { acceptedMs: 200 });
  });

  it("names the phone by what its app said, without characters that a terminal obeys", () => {
    const model = (device: Partial<PhoneDevice>) => judge({ ...silent, ...was(device) }).phones[0]?.model;
    assert.equal(model({}), "SM-S921N, android 14, app 2.3.1");
    assert.equal(model({ model: "\u001b[2JGalaxy\u202e S24\n" }), "[2JGalaxy S24, android 14, app 2.3.1");
    assert.equal(judge({ state: "accepted", acceptedAt: after(1) }).phones[0]?.model, undefined);
  });

  it("says when another call kept the phone busy, and not when that was over", () => {
    const other = (fields: Partial<Ring>) =>
      buildStored(
        { ...ready, state: "answered", answeredAt: after(-9000) },
        { createdAt: after(-9500), ...fields },
        "other",
      );
    const causeOf = (fields: Partial<Ring>, phone = silent) =>
      judge(phone, {}, { rings: [other(fields)] }).phones[0]?.cause;
    assert.equal(causeOf({}), "busy");
    assert.equal(causeOf({ endedAt: after(-100) }), "phone_offline");
    assert.equal(causeOf({ uid: "bob" }), "phone_offline");
    assert.equal(causeOf({}, ready), "not_answered");
  });

  it("judges a ring that joined another by the phones of that one, until the last of them is over", () => {
    const first = buildStored(told(ready, "missed"), { leads: ["ring-2"], ...end("missed", 9000) });
    const later = buildStored(undefined, { joined: "ring-1", exten: "102", ...end("missed", 20_000) }, "ring-2");
    const { callId, phones } = explainRing({ ring: later, rings: [first, later], now: announcedAt + hourMs, timeZone });
    assert.deepEqual([callId, phones[0]?.cause, phones[0]?.times.endedMs], ["ring-2", "not_answered", 20_000]);
    assert.equal(explainRing({ ring: later, now: announcedAt + hourMs, timeZone }).ring?.cause, "record_gone");
  });
});

describe("a verdict on a ring without a phone, and on no ring", () => {
  it("knows each cause of the tables", () => {
    assert.deepEqual(Object.keys(ringExamples).toSorted(), ringTable.map(({ cause }) => cause).toSorted());
    for (const [cause, question] of Object.entries(ringExamples)) {
      const { ring, phones } = explainRing(question);
      assert.deepEqual([ring?.cause, phones], [cause, []]);
    }
    assert.deepEqual(Object.keys(missingExamples).toSorted(), missingTable.map(({ cause }) => cause).toSorted());
    for (const [cause, question] of Object.entries(missingExamples))
      assert.equal(explainMissing(question).cause, cause);
  });

  it("tells a line that is written in another way only where the exten has none", () => {
    const { no_device: known } = ringExamples;
    assert.equal(explainRing({ ...known, similarLines: ["+827045144801"] }).ring?.cause, "no_device");
  });
});

describe("the words of a verdict", () => {
  it("have times in the zone that is asked for", () => {
    assert.equal(tellTimesIn("Asia/Seoul")(announcedAt), "14:03:02.120");
    assert.equal(tellTimesIn("Europe/Berlin")(announcedAt), "06:03:02.120");
    assert.equal(tellTimesIn("UTC")(Date.parse("2026-11-30T00:00:00Z")), "00:00:00.000");
    assert.throws(() => tellTimesIn("Nowhere/Town"), RangeError);
  });

  it("count in the unit that people would choose", () => {
    const spans = [-5, 0, 49, 1000, 1249, 59_900, 90_000, 5_400_000, 6 * 24 * hourMs].map(tellSpan);
    assert.deepEqual(
      spans.map(({ en }) => en),
      [
        "0 seconds",
        "0 seconds",
        "0 seconds",
        "1 second",
        "1.2 seconds",
        "59.9 seconds",
        "2 minutes",
        "2 hours",
        "6 days",
      ],
    );
    assert.deepEqual([spans[4]?.ko, spans[8]?.ko], ["1.2초", "6일"]);
  });
});

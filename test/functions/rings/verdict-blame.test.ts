import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  after,
  android,
  announcedAt,
  buildStored,
  iphone,
  timeZone,
} from "../../../docs/reference/verdict-examples.ts";
import type { Phone, Ring } from "../../../functions/src/rings/ring.ts";
import {
  explainRing,
  type PhoneCause,
  type PhoneVerdict,
  type Question,
} from "../../../functions/src/rings/verdict/verdict.ts";

const accepted = { messageId: "1", acceptedAt: after(200), device: android } as const;
const silent: Phone = { state: "accepted", ...accepted };
const woken: Phone = { ...silent, state: "received", receivedAt: after(900) };
const ready: Phone = { ...woken, state: "ready", readyAt: after(1500) };
const unsent: Phone = { state: "failed", error: "not_wanted", device: android };
const slowClock = { receivedAt: "2026-11-30T04:51:00.000Z", sentAt: "2026-11-30T05:03:02.300Z" };
const lowered = { priority: "normal", originalPriority: "high" } as const;

type Reason = Ring["endReason"] & string;
const end = (endReason: Reason, ms: number): Partial<Ring> => ({ status: "ended", endReason, endedAt: after(ms) });
const told = (phone: Phone, endReason: Reason): Phone => ({ ...phone, state: "ended", endReason });

function judge(phone: Phone, fields: Partial<Ring> = {}, more: Partial<Question> = {}): PhoneVerdict {
  const ring = buildStored(phone, fields);
  const [verdict] = explainRing({ ring, now: announcedAt + 3_600_000, timeZone, ...more }).phones;
  assert.ok(verdict);
  return verdict;
}

/** Several things went wrong: who is to blame, and what a sentence must and must not say. */
const blamed: readonly (readonly [string, PhoneCause, Phone, Partial<Ring>?, (RegExp | undefined)?, RegExp?])[] = [
  // Nothing left for the phone.
  ["the request died, and the caller waited", "interrupted", { state: "ended", endReason: "cancelled" }, end("cancelled", 25_000)],
  ["the request died, and a desk phone answered late", "interrupted", { state: "ended", endReason: "answered" }, end("answered", 25_000)],
  ["the request died, and the caller hung up at once", "caller_gave_up", { state: "ended", endReason: "cancelled" }, end("cancelled", 900)],
  ["the PBX stopped before the push left", "ring_too_short", unsent, end("missed", 900)],
  ["the time for the push was over", "interrupted", { ...unsent, error: "deadline" }, end("cancelled", 20_000)],
  [
    "FCM had a fault, and the caller hung up before the repeat",
    "fcm_down",
    { ...unsent, said: { fcm: { status: "unavailable", code: "UNAVAILABLE", at: after(8000) } } },
    end("cancelled", 9200),
  ],
  // The phone woke late, or the push left late.
  ["it woke 27 seconds after the push", "late", { ...woken, receivedAt: after(27_000) }, {}, /27 seconds after/, /too late: .*-|0 seconds/],
  ["it woke as late, and the caller hung up", "late", told({ ...woken, receivedAt: after(27_000) }, "cancelled"), end("cancelled", 29_000)],
  ["it woke late, and was ready as the ring ended", "late", { ...ready, receivedAt: after(26_500), readyAt: after(31_000) }],
  ["the push left after 27 seconds", "interrupted", { ...silent, acceptedAt: after(27_000) }, {}, /27 seconds after/],
  ["the push left as late, and the caller hung up", "interrupted", told({ ...silent, acceptedAt: after(27_000) }, "cancelled"), end("cancelled", 29_000)],
  ["FCM answered late, and another phone had answered soon", "answered_elsewhere", told({ ...silent, acceptedAt: after(12_000) }, "answered_elsewhere"), end("answered_elsewhere", 4000)],
  ["the caller hung up before any phone wakes", "caller_gave_up", told({ ...woken, receivedAt: after(6000) }, "cancelled"), end("cancelled", 1000)],
  ["another phone answered before this one could wake", "answered_elsewhere", told({ ...woken, receivedAt: after(40_000) }, "answered_elsewhere"), end("answered_elsewhere", 3000)],
  ["the only report is a failure, an hour later", "late", { ...silent, state: "received", failure: "no_connection", failedAt: after(3_600_000) }],
  ["the only report is a failure, ten seconds after the ring", "no_connection", { ...silent, state: "received", failure: "no_connection", failedAt: after(40_500) }],
  // Neither the priority nor the clock explains it.
  ["its priority was lowered, and the app died", "app_died", { ...woken, facts: lowered }],
  ["its priority was lowered, and it had time all the same", "app_died", { ...woken, receivedAt: after(7000), facts: lowered }],
  ["its priority was lowered, and it had no time left", "deprioritised", told({ ...woken, receivedAt: after(7000), facts: lowered }, "missed"), end("missed", 11_000)],
  ["its priority was lowered, and the caller hung up", "caller_gave_up", told({ ...woken, facts: lowered }, "cancelled"), end("cancelled", 700)],
  ["its clock is wrong, and it rang", "not_answered", { ...ready, facts: slowClock }],
  ["its clock is wrong, and the caller hung up", "caller_gave_up", told({ ...woken, facts: slowClock }, "cancelled"), end("cancelled", 1500)],
  ["its clock is wrong, and another phone declined", "declined_elsewhere", told({ ...woken, facts: slowClock }, "declined"), end("declined", 2000)],
  ["its clock is wrong, and it ended the ring", "clock_wrong", { ...ready, state: "ended", endedAt: after(2000), facts: slowClock }],
  ["its clock is wrong by 12.6 minutes", "clock_wrong", { ...woken, facts: { ...slowClock, receivedAt: "2026-11-30T04:50:26.300Z" } }, {}, /by 12 minutes or more/],
  // The ring was over by then.
  ["it confirms the end of its ring time", "not_answered", { ...ready, state: "ended", endedAt: after(30_200) }],
  ["an earlier version does not know when it ended", "ended_by_phone", { ...ready, state: "ended" }, {}, undefined, /14:03/],
  ["it declined what the caller had given up", "caller_gave_up", told({ ...ready, declinedAt: after(9000) }, "cancelled"), end("cancelled", 2000)],
  ["it declined what another phone had answered", "answered_elsewhere", told({ ...ready, declinedAt: after(9000) }, "answered_elsewhere"), end("answered_elsewhere", 4000)],
  ["it declined through SIP, and reported it then", "declined_here", told({ ...ready, declinedAt: after(4300) }, "declined"), end("declined", 4000)],
  ["it woke late and declined", "late", { ...woken, state: "declined", receivedAt: after(60_000), declinedAt: after(65_000) }],
  ["its decline came after the ring", "declined_here", { ...ready, state: "declined", declinedAt: after(31_500) }, {}, /14:03:33.620.*over.*14:03:32.120/],
  ["it answered what was over", "answered_here", { ...told(ready, "cancelled"), state: "answered", answeredAt: after(9000) }, end("cancelled", 4000), /14:03:11.120.*over at 14:03:06.120/],
  // An answer that the phone could not give its PBX.
  [
    "it answered on the system's screen, and never got to its PBX",
    "no_connection",
    { ...woken, state: "answered", answeredAt: after(3000), failure: "no_connection", failedAt: after(33_000) },
    { status: "answered", answeredAt: after(3000) },
  ],
  [
    "it got to its PBX late, and answered then",
    "answered_here",
    { ...woken, state: "answered", answeredAt: after(12_000), failure: "no_connection", failedAt: after(9000) },
    { status: "answered", answeredAt: after(12_000) },
  ],
  // The PBX tells the end when the talk is over.
  ["a desk phone answered, and its talk took ten minutes", "answered_elsewhere", told(ready, "answered"), end("answered", 600_000), undefined, /answered on another phone at/],
  ["the caller waited longer than the phone rang", "not_answered", told({ ...ready, readyAt: after(28_500) }, "cancelled"), end("cancelled", 60_000)],
  ["the PBX said busy after the ring time", "not_answered", told(ready, "busy"), end("busy", 60_000)],
  ["nobody says which phone declined", "declined_elsewhere", told(ready, "declined"), end("declined", 6000), undefined, /declined on another phone/],
  // Apple took the push in the end.
  [
    "the other environment took it, and the caller hung up",
    "caller_gave_up",
    told({ ...silent, channel: "apns", device: iphone, said: { apns: { status: "accepted", environment: "sandbox", at: after(200) } } }, "cancelled"),
    end("cancelled", 1500),
  ],
]; // oxfmt-ignore

describe("a verdict blames nobody for what another has done", () => {
  for (const [what, cause, phone, fields, says, saysNot] of blamed) {
    it(`${cause}: ${what}`, () => {
      const verdict = judge(phone, fields);
      assert.equal(verdict.cause, cause);
      if (says !== undefined) assert.match(verdict.says.en, says);
      if (saysNot !== undefined) assert.doesNotMatch(verdict.says.en, saysNot);
    });
  }

  it("says that the end of the other call is not on record", () => {
    const other = buildStored(
      { ...ready, state: "answered", answeredAt: after(-3_000_000) },
      { createdAt: after(-3_000_500) },
      "other",
    );
    const { cause, says } = judge(silent, {}, { rings: [other] });
    assert.equal(cause, "busy");
    assert.match(says.en, /not on record/);
    assert.doesNotMatch(says.en, /was in another call/);
  });

  it("does not take the decline of one phone for the end of the others' ring", () => {
    const phones = {
      "phone-1": { ...ready, state: "ended", endedAt: after(30_200) },
      "phone-2": { ...ready, state: "declined", declinedAt: after(4000) },
    } as const;
    assert.equal(judge(ready, { phones, status: "declined" }).cause, "not_answered");
  });

  it("takes the end of the group's last ring for the end, also if that was the end of its time", () => {
    const first = buildStored({ ...ready, readyAt: after(38_500) }, { leads: ["ring-2"], ...end("cancelled", 2000) });
    const later = buildStored(undefined, { joined: "ring-1", ringEndsAt: after(40_000) }, "ring-2");
    const { phones } = explainRing({ ring: first, rings: [first, later], now: announcedAt + 3_600_000, timeZone });
    assert.equal(phones[0]?.cause, "not_answered");
  });
});

describe("a verdict on a ring without a phone", () => {
  it("does not take the end of a ring whose request had died for the reason", () => {
    const stored = buildStored(undefined, {
      status: "ended",
      ...end("cancelled", 25_000),
      answer: { status: "ended", devices: 0, accepted: 0 },
    });
    const { ring } = explainRing({ ring: stored, now: announcedAt + 3_600_000, timeZone });
    assert.equal(ring?.cause, "interrupted");
  });
});

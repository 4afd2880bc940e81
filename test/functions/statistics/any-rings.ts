import * as fc from "fast-check";
import {
  historyMs,
  type Phone,
  type PhoneDevice,
  type Ring,
  type StoredRing,
} from "../../../functions/src/rings/ring.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";

export const hourMs = 3_600_000;
/** The hour in which the first of the rings begin: this one, by which Firestore's clock is real. */
export const firstHour = Math.floor(Date.now() / hourMs) * hourMs;

const at = (ms: number) => Timestamp.fromMillis(ms);

const device: fc.Arbitrary<PhoneDevice> = fc
  .record(
    {
      platform: fc.constantFrom("android" as const, "ios" as const),
      os: fc.constantFrom("Android", "iOS", "__proto__"),
      osVersion: fc.constantFrom("14", "14.1", "", "next"),
      model: fc.constantFrom("SM-S921N", "iPhone 16", "a.b/c", "__name__", "\u202E"),
      batteryRestricted: fc.boolean(),
    },
    { requiredKeys: ["platform"] },
  )
  .map((known) => ({ ...known, lastSeenAt: at(firstHour) }));

/** When something happened, in milliseconds since the announcement, if it did. */
const when = fc.option(fc.integer({ min: 50, max: 40_000 }), { nil: undefined, freq: 2 });

const phone = fc.record({
  device: fc.option(device, { nil: undefined }),
  accepted: when,
  ready: when,
  answered: when,
  declined: when,
});

/** A ring, and what it was before it was over. */
export interface AnyRing {
  readonly before: StoredRing;
  readonly after: StoredRing;
}

/** What is drawn of a ring. */
const drawn = fc.record({
  pbx: fc.constantFrom("pbx-1", "pbx-1", "pbx-2"),
  call: fc.integer({ min: 1, max: 3 }),
  user: fc.constantFrom("alice", "alice", "alice", "bob", undefined),
  hour: fc.integer({ min: 0, max: 1 }),
  // Mostly near the ends of hours and of the spans that are read at once: there rings share phones, and calls go on.
  inHourMs: fc.oneof(
    fc.integer({ min: 0, max: hourMs - 1 }),
    fc
      .tuple(fc.constantFrom(0, 600_000, hourMs), fc.integer({ min: -25_000, max: 25_000 }))
      .map(([end, ms]) => Math.min(Math.max(0, end + ms), hourMs - 1)),
  ),
  // Half of them come shortly after another ring of their user: to share its phones, or while its call goes on.
  follows: fc.option(
    fc.record({
      which: fc.nat(),
      ms: fc.oneof(fc.integer({ min: 1, max: 25_000 }), fc.integer({ min: 1, max: hourMs })),
      isSameCall: fc.boolean(),
    }),
    { freq: 2, nil: undefined },
  ),
  phones: fc.array(phone, { minLength: 1, maxLength: 3 }),
  ends: when,
  reason: fc.constantFrom(
    "answered" as const,
    "answered_elsewhere" as const,
    "cancelled" as const,
    "missed" as const,
    "busy" as const,
  ),
  joins: fc.boolean(),
});

/** Rings of three hours. A ring may have joined an earlier one of its call and user. */
export const anyRings: fc.Arbitrary<readonly AnyRing[]> = fc
  .array(drawn, { minLength: 1, maxLength: 14, size: "max" })
  .map((all) => all.reduce<readonly AnyRing[]>((rings, one, nth) => [...rings, build(one, nth, rings)], []));

function build(
  one: typeof drawn extends fc.Arbitrary<infer T> ? T : never,
  nth: number,
  earlier: readonly AnyRing[],
): AnyRing {
  const { follows } = one;
  const first = follows && earlier[follows.which % Math.max(1, earlier.length)]?.after.ring;
  const drawnAt = firstHour + one.hour * hourMs + one.inHourMs;
  const startedAt = Math.min(
    first === undefined ? drawnAt : first.createdAt.toMillis() + (follows?.ms ?? 0),
    firstHour + 3 * hourMs - 1,
  );
  const user = first === undefined ? one.user : first.uid;
  const isSameCall = first !== undefined && follows?.isSameCall === true;
  const pbxId = isSameCall ? first.pbxId : one.pbx;
  const callKey = isSameCall ? first.callKey : `${one.pbx}~${one.call}`;
  const leader = one.joins ? earlier.find(({ after: { ring } }) => mayJoin(ring, callKey, user, startedAt)) : undefined;
  const phones = leader === undefined && user !== undefined ? one.phones : [];
  const ring: Ring = {
    callKey,
    pbxId,
    linkedId: String(one.call),
    exten: `10${nth}`,
    callerId: "01012345678",
    callerName: "홍길동",
    callType: "voice",
    ...(user !== undefined && { uid: user }),
    status: "waking",
    claim: { by: "request", until: at(startedAt + 8500) },
    phones: {},
    ...(leader !== undefined && { joined: leader.after.id }),
    createdAt: at(startedAt),
    ringEndsAt: at(startedAt + 30_000),
    removeAt: at(startedAt + historyMs),
  };
  const answers = phones.flatMap(({ answered }) => answered ?? []);
  const stored = { id: `ring-${nth}`, createTime: at(startedAt), updateTime: at(startedAt) };
  const after: Ring = {
    ...ring,
    status: one.ends !== undefined ? "ended" : answers.length > 0 ? "answered" : "notified",
    answer: {
      status: phones.length === 0 ? "no_devices" : "notified",
      devices: phones.length,
      accepted: phones.length,
    },
    phones: Object.fromEntries(phones.map((known, index) => [`phone-${index}`, buildPhone(known, startedAt)])),
    ...(answers.length > 0 && { answeredAt: at(startedAt + Math.min(...answers)) }),
    ...(one.ends !== undefined && { endedAt: at(startedAt + one.ends), endReason: one.reason }),
  };
  return { before: { ...stored, ring }, after: { ...stored, ring: after } };
}

function mayJoin(leader: Ring, callKey: string, uid: string | undefined, now: number): boolean {
  const isLiving = leader.createdAt.toMillis() < now && now < leader.ringEndsAt.toMillis();
  return (
    leader.joined === undefined && leader.callKey === callKey && leader.uid === uid && uid !== undefined && isLiving
  );
}

function buildPhone(known: typeof phone extends fc.Arbitrary<infer T> ? T : never, startedAt: number): Phone {
  const { device: was, accepted, ready, answered, declined } = known;
  const state =
    answered !== undefined
      ? "answered"
      : declined !== undefined
        ? "declined"
        : ready !== undefined
          ? "ready"
          : accepted !== undefined
            ? "accepted"
            : "failed";
  const time = (ms: number | undefined) => at(startedAt + (ms ?? 0));
  return {
    state,
    ...(was !== undefined && { device: was }),
    ...(state === "failed" && { error: "UNREGISTERED" }),
    ...(accepted !== undefined && { messageId: "m", acceptedAt: time(accepted) }),
    ...(ready !== undefined && { readyAt: time(ready) }),
    ...(answered !== undefined && { answeredAt: time(answered) }),
    ...(declined !== undefined && { declinedAt: time(declined) }),
  };
}

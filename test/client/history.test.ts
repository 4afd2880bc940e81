import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Timestamp } from "@google-cloud/firestore";
import type { Ring } from "../../functions/src/rings/ring.ts";
import { foldRings, type RecordedRing } from "../../packages/client/src/history.ts";

const start = Date.UTC(2026, 10, 22, 4, 0);
const at = (second: number) => Timestamp.fromMillis(start + second * 1000);

/** A ring as the service records it, which starts at that second and rings for thirty. */
function ring(second: number, more: Partial<Ring> = {}): Ring & RecordedRing {
  return {
    id: `ring-${second}`,
    callKey: "pbx-1~1.1",
    pbxId: "pbx-1",
    linkedId: "1.1",
    exten: "0701",
    uid: "alice",
    callerId: "01012345678",
    callerName: "홍길동",
    callType: "voice",
    status: "ready",
    claim: { by: "a-request", until: at(second + 30) },
    phones: {},
    createdAt: at(second),
    ringEndsAt: at(second + 30),
    removeAt: at(3600),
    ...more,
  };
}

const ended = (second: number, endReason: Ring["endReason"], more: Partial<Ring> = {}) =>
  ring(second, { status: "ended", endedAt: at(second + 5), ...(endReason !== undefined && { endReason }), ...more });
const answeredOn = (deviceId: string) => ({ phones: { [deviceId]: { state: "answered" } } }) as const;

/** The history at that second; rings are given oldest first. */
function list(second: number, ...rings: ReturnType<typeof ring>[]) {
  return foldRings(rings.toReversed(), start + second * 1000);
}

describe("the history of one call", () => {
  it("shows its ring, and until when it rings", () => {
    assert.deepEqual(list(29, ring(0)), [
      {
        callId: "ring-0",
        callerId: "01012345678",
        callerName: "홍길동",
        extens: ["0701"],
        createdAt: start,
        status: "ready",
        ringEndsAt: start + 30_000,
        rings: 1,
      },
    ]);
  });

  // oxfmt-ignore
  const outcomes: readonly [string, number, ReturnType<typeof ring>[], object][] = [
    ["missed after its ring time, whatever is stored",  30, [ring(0)],                                             { status: "ended", endReason: "missed" }],
    ["missed when its phones could not be reached",     30, [ring(0, { status: "failed" })],                       { status: "ended", endReason: "missed" }],
    ["declined for good",                               99, [ring(0, { status: "declined" })],                     { status: "declined" }],
    ["answered by a phone, long after its ring time",   99, [ring(0, { status: "answered", answeredAt: at(3), ...answeredOn("p1") })], { status: "answered", answeredBy: "p1" }],
    ["answered by a phone, and over",                   99, [ended(0, "answered", answeredOn("p1"))],              { status: "ended", endReason: "answered", answeredBy: "p1" }],
    ["answered at a desk",                              99, [ended(0, "answered")],                                { status: "ended", endReason: "answered" }],
    ["answered elsewhere",                              99, [ended(0, "answered_elsewhere")],                      { status: "ended", endReason: "answered_elsewhere" }],
    ["one missed call after many tries",                99, [0, 10, 20, 30].map((second) => ended(second, "missed")), { status: "ended", endReason: "missed", rings: 4 }],
    ["answered when one try of many was answered",               99, [ended(0, "missed"), ended(10, "answered", answeredOn("p1")), ended(20, "missed")], { status: "ended", endReason: "answered", answeredBy: "p1", rings: 3 }],
    ["the outcome of its last try when none was answered",          99, [ended(0, "answered_elsewhere"), ended(10, "cancelled")], { status: "ended", endReason: "cancelled", rings: 2 }],
    ["ringing while one try lives, in any order of their ends", 12, [ring(0), ended(5, "cancelled")],              { status: "ready", rings: 2 }],
    ["one ring where two numbers rang the phone once",  99, [ended(0, "missed"), ended(1, "missed", { exten: "0702", joined: "ring-0" })], { status: "ended", endReason: "missed", rings: 1, extens: ["0701", "0702"] }],
    ["over when it has ended without a reason",         99, [ended(0, undefined)],                                 { status: "ended" }],
  ];
  for (const [name, second, rings, expected] of outcomes) {
    it(`is ${name}`, () => {
      const [entry, ...others] = list(second, ...rings);
      assert.deepEqual(others, []);
      const { status, endReason, answeredBy } = entry!;
      assert.deepEqual(
        { status, endReason, answeredBy, rings: entry?.rings, extens: entry?.extens },
        { endReason: undefined, answeredBy: undefined, rings: 1, extens: ["0701"], ...expected },
      );
    });
  }

  it("is sorted by the start of its last ring", () => {
    assert.equal(list(99, ended(0, "missed"), ended(40, "missed"))[0]?.createdAt, start + 40_000);
  });
});

describe("the history of several calls", () => {
  it("is sorted newest first, shows each call once, and keeps the calls of two PBXs with one Linkedid apart", () => {
    const listed = list(
      99,
      ended(0, "missed"),
      ended(10, "missed", { callKey: "pbx-2~1.1" }),
      ended(20, "missed", { callKey: "pbx-1~1.2" }),
      ended(30, "missed"),
    );
    assert.deepEqual(
      listed.map(({ callId, rings }) => [callId, rings]),
      [
        ["ring-30", 2],
        ["ring-20", 1],
        ["ring-10", 1],
      ],
    );
  });
});

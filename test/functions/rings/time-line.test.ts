import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { tellSteps } from "../../../functions/src/rings/time-line.ts";
import type { Phone, Ring } from "../../../functions/src/rings/ring.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";

const begin = Date.parse("2026-11-30T05:03:00Z");
const at = (ms: number) => Timestamp.fromMillis(begin + ms);

function ringOf(fields: Partial<Ring> = {}): Ring {
  return {
    callKey: "pbx-1~1.1",
    pbxId: "pbx-1",
    linkedId: "1.1",
    exten: "101",
    callerId: "01012345678",
    callerName: "홍길동",
    callType: "voice",
    status: "notified",
    claim: { by: "x", until: at(1000) },
    phones: {},
    createdAt: at(0),
    ringEndsAt: at(30_000),
    removeAt: at(1e9),
    ...fields,
  };
}

const told = (ring: Ring, phones: Ring["phones"], now = begin + 10_000) =>
  tellSteps(ring, phones, now).map(({ step, deviceId = "", reason = "", channel = "", at: time }) =>
    [time - begin, step, deviceId, channel, reason].filter((part) => part !== "").join(" "),
  );

describe("the time line of a ring", () => {
  it("tells a call that was taken", () => {
    const phone: Phone = {
      state: "answered",
      acceptedAt: at(90),
      receivedAt: at(700),
      readyAt: at(900),
      answeredAt: at(4000),
    };
    const ring = ringOf({ answeredAt: at(4000), endedAt: at(9000), endReason: "answered" });
    assert.deepEqual(told(ring, { "phone-1": phone }), [
      "0 announced",
      "90 accepted phone-1 fcm",
      "700 received phone-1",
      "900 ready phone-1",
      "4000 answered phone-1",
      "9000 ended answered",
    ]);
  });

  it("tells which service refused, and that nobody took the call", () => {
    const phone: Phone = {
      state: "accepted",
      acceptedAt: at(1100),
      said: {
        apns: { status: "rejected", code: "BadDeviceToken", at: at(200) },
        fcm: { status: "accepted", at: at(1100) },
      },
    };
    assert.deepEqual(told(ringOf(), { "phone-1": phone }, begin + 40_000), [
      "0 announced",
      "200 refused phone-1 apns BadDeviceToken",
      "1100 accepted phone-1 fcm",
      "30000 timed_out",
    ]);
  });

  it("tells an answer at the PBX, which no phone reported", () => {
    const phone: Phone = { state: "ended", acceptedAt: at(90), toldAt: at(5200), endReason: "answered_elsewhere" };
    const ring = ringOf({ answeredAt: at(5000) });
    assert.deepEqual(told(ring, { "phone-1": phone }), [
      "0 announced",
      "90 accepted phone-1 fcm",
      "5000 answered",
      "5200 told phone-1 answered_elsewhere",
    ]);
  });

  it("is in the order of time, begins with the announcement, and leaves no recorded time out", () => {
    const times = ["acceptedAt", "receivedAt", "readyAt", "failedAt", "answeredAt", "declinedAt", "endedAt", "toldAt"];
    const phone = fc.record(Object.fromEntries(times.map((name) => [name, fc.integer({ min: 0, max: 60_000 })])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), phone, { maxKeys: 4 }), (given) => {
        const phones = Object.fromEntries(
          Object.entries(given).map(([id, fields]) => {
            const recorded = Object.entries(fields).map(([name, ms = 0]) => [name, at(ms)]);
            return [id, { state: "accepted", ...Object.fromEntries(recorded) } as Phone];
          }),
        );
        const steps = tellSteps(ringOf(), phones, begin + 10_000);
        assert.equal(steps[0]?.step, "announced");
        assert.deepEqual(
          steps.map((step) => step.at),
          steps.map((step) => step.at).toSorted((one, other) => one - other),
        );
        const recorded = Object.values(given).reduce((sum, fields) => sum + Object.keys(fields).length, 0);
        assert.equal(steps.filter(({ deviceId }) => deviceId !== undefined).length, recorded);
      }),
      { numRuns: 200 },
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { after, android, announcedAt, buildStored } from "../../../docs/reference/verdict-examples.ts";
import { probePbxId } from "../../../functions/src/probe/probe-phones.ts";
import type { Phone, StoredRing } from "../../../functions/src/rings/ring.ts";
import { addSpans, countRings } from "../../../functions/src/statistics/count-rings.ts";
import { buildStatistics, countersOf } from "../../../functions/src/statistics/statistics-document.ts";
import { findQuantile } from "../../../functions/src/statistics/wake-times.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { anyRings, hourMs } from "./any-rings.ts";

const now = announcedAt + hourMs;
const silent: Phone = { state: "accepted", messageId: "m", acceptedAt: after(200), device: android };
const ready: Phone = { ...silent, state: "ready", readyAt: after(1500) };
const answered: Phone = { ...ready, state: "answered", answeredAt: after(4000) };
const dead: Phone = { state: "failed", error: "UNREGISTERED", device: { ...android, model: "SM-G991N" } };

const count = (...rings: StoredRing[]) => countRings({ rings, around: [] }, now).get("pbx-1")!;
const numbers = ({ wake: _wake, ...counts }: ReturnType<typeof count>["rings"]) => Object.values(counts);

/** The counters as they are stored: without the order in which names were met. */
const store = (counted: ReturnType<typeof countRings>) =>
  [...counted]
    .map(([pbxId, counters]) => buildStatistics({ pbxId, hour: "2026-11-28T05", countedAt: after(0) }, counters))
    .toSorted((one, other) => (one.pbxId < other.pbxId ? -1 : 1));

describe("the counters of rings", () => {
  it("say of each step how many rings came so far, and how they ended", () => {
    const rings = [
      buildStored(answered, { answeredAt: after(4000), status: "answered" }, "1"),
      buildStored(ready, { status: "ready" }, "2"),
      buildStored(silent, {}, "3"),
      buildStored(dead, { status: "failed" }, "4"),
      buildStored({ ...ready, state: "declined", declinedAt: after(5000) }, { status: "declined" }, "5"),
      buildStored(silent, { status: "ended", endedAt: after(3000), endReason: "answered_elsewhere" }, "6"),
      buildStored(undefined, { status: "failed", answer: { status: "no_devices", devices: 0, accepted: 0 } }, "7"),
    ];
    const counters = count(...rings);
    //                                        announced, reached, ready, answered, declined, missed
    assert.deepEqual(numbers(counters.rings), [7, 5, 3, 2, 1, 4]);
    assert.deepEqual(numbers(counters.phones), [6, 5, 3, 1, 1, 3]);
    assert.equal(findQuantile(counters.rings.wake, 1), 1500);
    assert.deepEqual(Object.fromEntries(counters.causes), {
      answered_here: { missed: 0, verdicts: 1 },
      not_answered: { missed: 1, verdicts: 1 },
      phone_offline: { missed: 1, verdicts: 1 },
      app_uninstalled: { missed: 1, verdicts: 1 },
      declined_here: { missed: 0, verdicts: 1 },
      answered_elsewhere: { missed: 0, verdicts: 1 },
      no_device: { missed: 1, verdicts: 1 },
    });
    assert.deepEqual(
      [...counters.models].map(([name, tally]) => [name, ...numbers(tally)]),
      [
        ["SM-S921N", 5, 5, 3, 1, 1, 2],
        ["SM-G991N", 1, 0, 0, 0, 0, 1],
      ],
    );
    assert.deepEqual([...counters.systems.keys()], ["android 14"]);
  });

  it("take the phone that came farthest for the reason of a missed ring", () => {
    const ring = buildStored(undefined, { phones: { "1": dead, "2": ready, "3": silent } });
    const { causes } = count(ring);
    assert.deepEqual(
      [...causes].filter(([, { missed }]) => missed > 0).map(([cause]) => cause),
      ["not_answered"],
    );
    assert.deepEqual([...causes.keys()].toSorted(), ["app_uninstalled", "not_answered", "phone_offline"]);
  });

  it("count the phones of two rings that share them once, also across hours", () => {
    const first = buildStored(answered, { answeredAt: after(4000), status: "answered", leads: ["2"] }, "1");
    const later = {
      ...first.ring,
      exten: "102",
      joined: "1",
      phones: {},
      createdAt: after(1000),
      answeredAt: after(4000),
    };
    const joined: StoredRing = { ...first, id: "2", ring: later };
    const both = count(first, joined);
    assert.deepEqual(
      [numbers(both.rings), numbers(both.phones)],
      [
        [2, 2, 2, 2, 0, 0],
        [1, 1, 1, 1, 0, 0],
      ],
    );
    const alone = countRings({ rings: [joined], around: [first] }, now).get("pbx-1")!;
    assert.deepEqual(
      [numbers(alone.rings), numbers(alone.phones)],
      [
        [1, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
      ],
    );
  });

  it("know a phone that was in a call which an earlier hour began", () => {
    const old = { ...answered, answeredAt: after(-60_000) };
    const earlier = buildStored(
      old,
      { callKey: "pbx-1~1", createdAt: after(-70_000), answeredAt: after(-60_000) },
      "0",
    );
    const one = buildStored(silent, {}, "1");
    assert.deepEqual(
      [
        ...countRings({ rings: [one], around: [earlier] }, now)
          .get("pbx-1")!
          .causes.keys(),
      ],
      ["busy"],
    );
    assert.deepEqual([...count(one).causes.keys()], ["phone_offline"]);
  });

  it("leave out the probe, and rings that live of every end", () => {
    assert.equal(countRings({ rings: [buildStored(dead, { pbxId: probePbxId })], around: [] }, now).size, 0);
    const living = countRings({ rings: [buildStored(ready)], around: [] }, announcedAt + 2000).get("pbx-1")!;
    assert.deepEqual(numbers(living.rings), [1, 1, 1, 0, 0, 0]);
  });

  it("are the same in any order, at any later time, and for any split of the rings", () => {
    fc.assert(
      fc.property(anyRings, fc.infiniteStream(fc.nat(2)), (drawn, draws) => {
        const rings = drawn.map((ring) => ring.after);
        const later = Math.max(...rings.map(({ ring }) => ring.createdAt.toMillis())) + hourMs;
        const whole = store(countRings({ rings, around: [] }, later));
        const parts = [...Map.groupBy(rings.toReversed(), () => draws.next().value).values()];
        const split = parts.map((part) => countRings({ rings: part, around: rings }, later + 20 * hourMs));
        assert.deepEqual(store(addSpans(split)), whole);
        for (const { counters } of whole) {
          const { announced, answered: taken, declined, missed } = counters.rings;
          assert.equal(announced, taken + declined + missed);
          assert.equal(sum(Object.values(counters.causes).map((cause) => cause.missed)), missed);
          assert.equal(sum(counters.models.map((model) => model.announced)), counters.phones.announced);
        }
      }),
    );
  });

  it("keep the fifty most frequent models, and all others under one name", () => {
    const rings = Array.from({ length: 120 }, (_, nth) => {
      const model = nth < 20 ? "usual" : `model-${String(nth).padStart(3, "0")}`;
      return buildStored({ ...silent, device: { ...android, model } }, {}, `ring-${nth}`);
    });
    const document = buildStatistics(
      { pbxId: "pbx-1", hour: "2026-11-28T05", countedAt: Timestamp.now() },
      count(...rings),
    );
    const { models } = document.counters;
    assert.deepEqual([models.length, models[0]!.name, models[0]!.announced], [51, "usual", 20]);
    assert.deepEqual([models.at(-1)!.name, models.at(-1)!.announced], ["other", 120 - 20 - 49]);
    assert.deepEqual(countersOf(document).models.get("other")!.announced, 51);
    assert.ok(JSON.stringify(document).length < 20_000);
  });
});

function sum(counts: readonly number[]): number {
  return counts.reduce((total, one) => total + one, 0);
}

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { systemClock } from "../../../functions/src/clock.ts";
import type { StoredRing } from "../../../functions/src/rings/ring.ts";
import { countHours } from "../../../functions/src/statistics/count-hours.ts";
import { countRings } from "../../../functions/src/statistics/count-rings.ts";
import { findHours } from "../../../functions/src/statistics/find-statistics.ts";
import { nameHour } from "../../../functions/src/statistics/hour.ts";
import { buildStatistics, type StatisticsDocument } from "../../../functions/src/statistics/statistics-document.ts";
import { createTestClock } from "../../support/clock.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { startFunctions } from "../../support/functions.ts";
import { anyRings, firstHour, hourMs, type AnyRing } from "./any-rings.ts";

const functions = await startFunctions();
const { services } = functions;
after(async () => {
  Object.assign(services, { clock: systemClock });
  await functions.close();
});

/** What happens: a ring is written as it was or as it became, is withdrawn, or the job runs some time later. */
type Step =
  | { readonly do: "write"; readonly ring: number; readonly isOver: boolean }
  | { readonly do: "withdraw"; readonly ring: number }
  | { readonly do: "run"; readonly waitMs: number; readonly times: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), ring: fc.nat(13), isOver: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("withdraw" as const), ring: fc.nat(13) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("run" as const),
      waitMs: fc.integer({ min: 0, max: 8 * hourMs }),
      // Two instances may run at once.
      times: fc.integer({ min: 1, max: 2 }),
    }),
  },
);

const lastCountMs = 28 * 24 * hourMs;

/** One pass at the end over the rings that are there then. */
function countOnce(rings: readonly StoredRing[], now: number): Map<string, StatisticsDocument["counters"]> {
  const byHour = Map.groupBy(rings, ({ ring }) => nameHour(ring.createdAt.toMillis()));
  return new Map(
    [...byHour].flatMap(([hour, own]) =>
      [...countRings({ rings: own, around: rings }, now)].map(([pbxId, counters]) => {
        const countedAt = Timestamp.fromMillis(now);
        return [`${pbxId}~${hour}`, buildStatistics({ pbxId, hour, countedAt }, counters).counters] as const;
      }),
    ),
  );
}

/** Every ring becomes what it became, so late that only the last count sees it. */
const lateWrites = Array.from({ length: 14 }, (_, ring): Step => ({ do: "write", ring, isOver: true }));

async function live(drawn: readonly AnyRing[], steps: readonly Step[]): Promise<void> {
  const { db } = services;
  await functions.clearDatabase();
  const clock = createTestClock(firstHour + 3 * hourMs);
  Object.assign(services, { clock });
  const there = new Map<string, StoredRing>();
  for (const step of steps) {
    if (step.do === "run") {
      clock.advance(step.waitMs);
      await Promise.all(Array.from({ length: step.times }, () => countHours(services)));
      continue;
    }
    const one = drawn[step.ring % drawn.length]!;
    const stored = step.do === "write" && step.isOver ? one.after : one.before;
    if (step.do === "withdraw") {
      there.delete(stored.id);
      await db.collection("rings").doc(stored.id).delete();
    } else {
      there.set(stored.id, stored);
      await db.collection("rings").doc(stored.id).set(stored.ring);
    }
  }
  clock.advance(firstHour + 4 * hourMs + lastCountMs - clock.now());
  await countHours(services);
  const { docs } = await db.collection("statistics").get();
  const counted = new Map(docs.map((doc) => [doc.id, (doc.data() as StatisticsDocument).counters]));
  const expected = countOnce([...there.values()], clock.now());
  await compareDays(docs.map((doc) => doc.data() as StatisticsDocument));
  for (const [id, counters] of counted) {
    if (counters.rings.announced > 0 || expected.has(id)) assert.deepEqual(counters, expected.get(id), id);
    expected.delete(id);
  }
  assert.deepEqual([...expected.keys()], []);
}

/** The days have what the hours have, without models and systems. */
async function compareDays(documents: readonly StatisticsDocument[]): Promise<void> {
  const found = await Array.fromAsync(findHours(services, { since: firstHour, until: firstHour + 24 * hourMs }));
  const name = ({ pbxId, hour }: { pbxId: string; hour: string }) => `${pbxId}~${hour}`;
  const hours = new Map(found.flat().map((hour) => [name(hour), hour.counters]));
  assert.equal(hours.size, documents.length);
  for (const document of documents) {
    const { models: _models, systems: _systems, ...counters } = document.counters;
    assert.deepEqual(hours.get(name(document)), counters);
  }
}

describe("the counts of an hour", () => {
  it("are those of one pass at the end, after any order of writes, repeats, withdrawals and runs", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRings,
        fc.array(anyStep, { minLength: 5, maxLength: 40 }),
        fc.boolean(),
        async (drawn, steps, isLate) => live(drawn, isLate ? [...steps, ...lateWrites] : steps),
      ),
      // Shrinking would take longer than a test may.
      { numRuns: 20, endOnFailure: true },
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { historyMs } from "../../../functions/src/rings/ring.ts";
import {
  advance,
  beginAt,
  countLost,
  findDueHours,
  firstCountable,
} from "../../../functions/src/statistics/due-hours.ts";
import { firstHour, hourMs } from "./any-rings.ts";

const dayMs = 24 * hourMs;

/** Runs the job at these times, and returns when each hour was counted. `fails` says of which hours a count fails. */
function simulate(runs: readonly number[], fails: (hour: number, run: number) => boolean = () => false) {
  const counts = new Map<number, number[]>();
  let progress = beginAt(runs[0]!);
  for (const [run, now] of runs.entries()) {
    const [counted, failed] = [new Set<number>(), new Set<number>()];
    for (const hour of findDueHours(progress, now)) {
      if (fails(hour, run)) {
        failed.add(hour);
        continue;
      }
      counted.add(hour);
      counts.set(hour, [...(counts.get(hour) ?? []), now]);
    }
    progress = advance(progress, { counted, failed }, now);
  }
  return counts;
}

const hourly = (from: number, hours: number) => Array.from({ length: hours }, (_, nth) => from + nth * hourMs);

describe("the hours that are due", () => {
  it("are counted four times: soon, an hour later, a day later, and before their rings are removed", () => {
    const ages = simulate(hourly(firstHour + hourMs + 8 * 60_000, 40 * 24)).get(firstHour)!;
    assert.deepEqual(
      ages.map((now) => Math.round((now - firstHour - hourMs) / hourMs)),
      [0, 1, 24, 28 * 24],
    );
  });

  it("are counted although the job was down, failed or ran twice, and never while a ring of theirs may be removed", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 60 * hourMs }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(gaps, fc.infiniteStream(fc.boolean()), (waits, flips) => {
        let now = firstHour;
        const runs = waits.map((wait) => (now += wait));
        // Afterwards the job runs each hour again, and nothing fails.
        const all = [...runs, ...hourly(runs.at(-1)! + hourMs, 31 * 24)];
        const fallible = new Map<string, boolean>();
        const counts = simulate(all, (hour, run) => {
          const key = `${hour} ${run}`;
          if (run < runs.length && !fallible.has(key)) fallible.set(key, flips.next().value);
          return fallible.get(key) ?? false;
        });
        const end = all.at(-1)!;
        for (let hour = firstHour; hour < end - 29 * dayMs; hour += hourMs) {
          const last = counts.get(hour)?.at(-1) ?? 0;
          assert.ok(last >= hour + hourMs + 28 * dayMs, `${(hour - firstHour) / hourMs}`);
        }
        for (const [hour, times] of counts) {
          for (const at of times) assert.ok(hour + hourMs <= at && at < hour + historyMs - hourMs, `${hour} ${at}`);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("are lost after a month without the job, and that is known", () => {
    const progress = { soon: firstHour, later: firstHour, nextDay: firstHour, last: firstHour, failed: [] };
    const now = firstHour + 40 * dayMs;
    assert.equal(countLost(progress, firstHour + dayMs), 0);
    assert.equal(countLost(progress, now), (firstCountable(now) - firstHour) / hourMs);
    assert.equal(findDueHours(progress, now)[0], firstCountable(now));
  });

  it("begin with the first of which all rings are there", () => {
    assert.equal(findDueHours(beginAt(firstHour), firstHour)[0], firstCountable(firstHour));
    assert.equal(countLost(beginAt(firstHour), firstHour), 0);
  });
});

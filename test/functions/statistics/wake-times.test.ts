import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  addWakeTimes,
  findQuantile,
  wakeBounds,
  wakeTimesOf,
  type WakeTimes,
} from "../../../functions/src/statistics/wake-times.ts";

const histogram = (times: readonly number[]) => times.map(wakeTimesOf).reduce(addWakeTimes, [] as WakeTimes);
const anyTimes = fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 1, maxLength: 200 });

describe("the histogram of wake times", () => {
  it("has bounds that grow by a quarter at most, up to the longest ring", () => {
    for (const [nth, bound] of wakeBounds.entries()) {
      const before = wakeBounds[nth - 1] ?? bound;
      assert.ok(nth === 0 || (before < bound && bound / before <= 1.26), `${before} ${bound}`);
    }
    assert.deepEqual([wakeBounds[0], wakeBounds.at(-1)], [100, 120_000]);
  });

  it("is the same however the times are split and ordered", () => {
    fc.assert(
      fc.property(anyTimes, fc.nat(200), (times, at) => {
        const parts = [histogram(times.slice(at)), histogram(times.slice(0, at))].reduce(addWakeTimes);
        assert.deepEqual(parts, histogram(times));
        assert.equal(
          parts.reduce((sum, count) => sum + count, 0),
          times.length,
        );
      }),
    );
  });

  it("has percentiles in the bar of the true ones", () => {
    fc.assert(
      fc.property(anyTimes, fc.constantFrom(0.5, 0.95, 1), (times, share) => {
        const found = findQuantile(histogram(times), share)!;
        const sorted = times.toSorted((one, other) => one - other);
        const truth = sorted[Math.ceil(share * times.length) - 1]!;
        const bar = wakeTimesOf(truth).length - 1;
        assert.ok((wakeBounds[bar - 1] ?? 0) <= found && found <= wakeBounds[bar]!, `${found} for ${truth}`);
      }),
    );
  });

  it("has percentiles that are right within a quarter, if phones wake in a tenth of a second to two minutes", () => {
    const slow = fc.array(fc.integer({ min: 101, max: 120_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(slow, fc.integer({ min: 1, max: 100 }), fc.constantFrom(0.01, 0.5, 0.95), (few, copies, share) => {
        const times = few.flatMap((time) => Array.from({ length: copies }, () => time)).toSorted((a, b) => a - b);
        const truth = times[Math.ceil(share * times.length) - 1]!;
        const found = findQuantile(histogram(times), share)!;
        assert.ok(Math.abs(found - truth) <= truth / 4 + 1, `${found} for ${truth}`);
      }),
    );
  });

  it("has no percentiles without times, and the last bound for a time beyond", () => {
    assert.equal(findQuantile([], 0.5), undefined);
    assert.equal(findQuantile(histogram([999_999]), 0.5), 120_000);
  });
});

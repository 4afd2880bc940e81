import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Breaker } from "../../functions/src/breaker.ts";
import { createTestClock } from "../support/clock.ts";

const hourMs = 3_600_000;

/** What is asked of a breaker, each some time after the one before. */
const step = fc.record({ what: fc.constantFrom("letsGo", "takeBack", "warns"), afterMs: fc.nat(hourMs / 3) } as const);

describe("a breaker", () => {
  it("lets three things go in any hour, and warns once in any hour", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const clock = createTestClock();
        const breaker = new Breaker(clock);
        let gone: number[] = [];
        let warnedAt = Number.NEGATIVE_INFINITY;
        for (const { what, afterMs } of steps) {
          clock.advance(afterMs);
          const now = clock.now();
          if (what === "takeBack") {
            if (gone.length > 0) breaker.takeBack();
            gone = gone.slice(0, -1);
          } else if (what === "warns") {
            const isDue = now - warnedAt >= hourMs;
            assert.equal(breaker.warns(), isDue);
            if (isDue) warnedAt = now;
          } else {
            const mayGo = gone.filter((at) => now - at < hourMs).length < 3;
            assert.equal(breaker.letsGo(), mayGo);
            if (mayGo) gone.push(now);
          }
        }
      }),
    );
  });

  it("lets every phone of a small office go that is replaced, one a day", () => {
    const clock = createTestClock();
    const breaker = new Breaker(clock);
    for (let phone = 0; phone < 100; phone++) {
      clock.advance(24 * hourMs);
      assert.equal(breaker.letsGo(), true);
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Breaker } from "../../functions/src/breaker.ts";
import { createTestClock } from "../support/clock.ts";

const hourMs = 3_600_000;

/** Verdicts about phones in order, each some time after the one before. */
const verdict = fc.record({ id: fc.nat(20).map(String), isDead: fc.boolean(), afterMs: fc.nat(hourMs / 4) });
const verdicts = fc.array(verdict, { maxLength: 100 });

describe("a breaker", () => {
  it("counts the last verdict about each of the last ten things, for an hour", () => {
    fc.assert(
      fc.property(verdicts, (all) => {
        const clock = createTestClock();
        const breaker = new Breaker(clock);
        const said = all.map(({ id, isDead, afterMs }) => {
          clock.advance(afterMs);
          breaker.add(id, isDead);
          return { id, isDead, at: clock.now() };
        });
        const last = said.filter(({ id }, index) => index === said.findLastIndex((other) => other.id === id));
        const counted = last.slice(-10).filter(({ at }) => clock.now() - at < hourMs);
        const dead = counted.filter(({ isDead }) => isDead).length;
        assert.deepEqual(breaker.counts, { asked: counted.length, dead });
        assert.equal(breaker.isOpen, dead > 3);
      }),
    );
  });

  it("lets three go when all are called dead from one moment on, and none after that", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), (alive, dead) => {
        const breaker = new Breaker(createTestClock());
        for (let phone = 0; phone < alive; phone++) breaker.add(`alive-${phone}`, false);
        let gone = 0;
        for (let phone = 0; phone < dead; phone++) {
          breaker.add(`dead-${phone}`, true);
          if (!breaker.isOpen) gone++;
        }
        assert.equal(gone, Math.min(dead, 3));
      }),
    );
  });

  it("lets every one go while one in ten is dead", () => {
    const breaker = new Breaker(createTestClock());
    for (let phone = 0; phone < 1000; phone++) {
      breaker.add(String(phone), phone % 10 === 9);
      assert.equal(breaker.isOpen, false);
    }
  });

  it("lets every phone of a small office go that is replaced, one a day", () => {
    const clock = createTestClock();
    const breaker = new Breaker(clock);
    for (let phone = 0; phone < 100; phone++) {
      clock.advance(24 * hourMs);
      breaker.add(String(phone), true);
      assert.equal(breaker.isOpen, false);
    }
  });

  it("closes when the same things are alive again, or an hour after the last death", () => {
    for (const recovers of [true, false]) {
      const clock = createTestClock();
      const breaker = new Breaker(clock);
      const ids = ["a", "b", "c", "d", "e"];
      for (const id of ids) breaker.add(id, true);
      assert.equal(breaker.isOpen, true);
      if (recovers) for (const id of ids) breaker.add(id, false);
      else clock.advance(hourMs);
      assert.deepEqual([breaker.isOpen, breaker.counts.dead], [false, 0]);
    }
  });
});

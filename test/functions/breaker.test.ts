import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Breaker } from "../../functions/src/breaker.ts";

/** Verdicts about phones, in order. */
const verdicts = fc.array(fc.record({ id: fc.nat(200).map(String), isDead: fc.boolean() }), { maxLength: 400 });

describe("a breaker", () => {
  it("counts the last verdict about each of the last hundred things", () => {
    fc.assert(
      fc.property(verdicts, (all) => {
        const breaker = new Breaker();
        for (const { id, isDead } of all) breaker.add(id, isDead);
        const latest = [...new Set(all.map(({ id }) => id))];
        const newestFirst = latest.toSorted((one, other) => findLast(all, other) - findLast(all, one)).slice(0, 100);
        const dead = newestFirst.filter((id) => all[findLast(all, id)]?.isDead).length;
        assert.deepEqual(breaker.counts, { asked: newestFirst.length, dead });
        assert.equal(breaker.isOpen, dead > 3 && dead > newestFirst.length * 0.3);
      }),
    );
  });

  it("lets three go when all are called dead, and none after that", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (phones) => {
        const breaker = new Breaker();
        let gone = 0;
        for (let phone = 0; phone < phones; phone++) {
          breaker.add(String(phone), true);
          if (!breaker.isOpen) gone++;
        }
        assert.equal(gone, Math.min(phones, 3));
      }),
    );
  });

  it("lets every one go while one in ten is dead", () => {
    const breaker = new Breaker();
    for (let phone = 0; phone < 1000; phone++) {
      breaker.add(String(phone), phone % 10 === 9);
      assert.equal(breaker.isOpen, false);
    }
  });

  it("closes when the same things are alive again", () => {
    const breaker = new Breaker();
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    for (const id of ids) breaker.add(id, true);
    assert.equal(breaker.isOpen, true);
    for (const id of ids) breaker.add(id, false);
    assert.deepEqual([breaker.isOpen, breaker.counts], [false, { asked: 20, dead: 0 }]);
  });
});

function findLast(all: readonly { readonly id: string }[], id: string): number {
  return all.findLastIndex((one) => one.id === id);
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPace } from "../../functions/src/pace.ts";
import { createTestClock } from "../support/clock.ts";

describe("a pace", () => {
  it("lets no more than so many through in a second", async () => {
    const clock = createTestClock();
    const startedAt = clock.now();
    let last = 0;
    for await (const item of createPace(500, clock).keep(Array(1_001).keys())) last = item;
    assert.equal(last, 1_000);
    const elapsedMs = clock.now() - startedAt;
    assert.ok(elapsedMs >= 1_980 && elapsedMs <= 2_000, String(elapsedMs));
  });

  it("is shared by all that keep to it", async () => {
    const clock = createTestClock();
    const pace = createPace(500, clock);
    const startedAt = clock.now();
    const count = async () => {
      for await (const _ of pace.keep(Array(500).keys()));
    };
    await Promise.all([count(), count()]);
    const elapsedMs = clock.now() - startedAt;
    assert.ok(elapsedMs >= 1_980, String(elapsedMs));
  });

  it("does not catch up on what a stall has held up", async () => {
    const clock = createTestClock();
    const items = createPace(500, clock).keep(Array(2_000).keys());
    for (let index = 0; index < 500; index += 1) await items.next();
    clock.advance(60_000);
    const resumedAt = clock.now();
    for (let index = 0; index < 500; index += 1) await items.next();
    assert.ok(clock.now() - resumedAt >= 970, String(clock.now() - resumedAt));
  });
});

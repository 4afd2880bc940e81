import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pace } from "../../../functions/src/campaigns/pace.ts";
import { createTestClock } from "../../support/clock.ts";

describe("a pace", () => {
  it("lets no more than so many through in a second", async () => {
    const clock = createTestClock();
    const startedAt = clock.now();
    let last = 0;
    for await (const item of pace(Array(1_001).keys(), 500, clock)) last = item;
    assert.equal(last, 1_000);
    const elapsedMs = clock.now() - startedAt;
    assert.ok(elapsedMs >= 1_980 && elapsedMs <= 2_000, String(elapsedMs));
  });

  it("does not catch up on what a stall has held up", async () => {
    const clock = createTestClock();
    const items = pace(Array(2_000).keys(), 500, clock);
    for (let index = 0; index < 500; index += 1) await items.next();
    clock.advance(60_000);
    const resumedAt = clock.now();
    for (let index = 0; index < 500; index += 1) await items.next();
    assert.ok(clock.now() - resumedAt >= 970, String(clock.now() - resumedAt));
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPace } from "../../functions/src/pace.ts";
import { chooseCampaignSpeed } from "../../functions/src/services.ts";
import { createTestClock } from "../support/clock.ts";

/** Equal within two per cent. */
function assertNear(counts: readonly number[], expected: readonly number[]): void {
  for (const [index, count] of counts.entries()) {
    const wanted = expected[index] ?? 0;
    assert.ok(Math.abs(count - wanted) <= wanted / 50, `${count} for ${wanted}`);
  }
}

describe("a rate limit", () => {
  it("lets no more than its rate through in a second", async () => {
    const clock = createTestClock();
    const startedAt = clock.now();
    let last = 0;
    for await (const item of createPace({ perSecond: 500, rampSeconds: 0 }, clock).throttle(Array(1_001).keys()))
      last = item;
    assert.equal(last, 1_000);
    const elapsedMs = clock.now() - startedAt;
    assert.ok(elapsedMs >= 1_980 && elapsedMs <= 2_000, String(elapsedMs));
  });

  it("is shared by all its users", async () => {
    const clock = createTestClock();
    const pace = createPace({ perSecond: 500, rampSeconds: 0 }, clock);
    const startedAt = clock.now();
    const count = async () => {
      for await (const _ of pace.throttle(Array(500).keys()));
    };
    await Promise.all([count(), count()]);
    const elapsedMs = clock.now() - startedAt;
    assert.ok(elapsedMs >= 1_980, String(elapsedMs));
  });

  it("reaches its rate over the ramp, and does so again after a rest", async () => {
    const clock = createTestClock();
    const items = createPace({ perSecond: 500, rampSeconds: 60 }, clock).throttle(Array(200_000).keys());
    const countFor = async (ms: number) => {
      const endsAt = clock.now() + ms;
      let count = 0;
      for (; clock.now() < endsAt; count += 1) await items.next();
      return count;
    };
    const rampUp = async () => [await countFor(20_000), await countFor(20_000), await countFor(20_000)];
    assertNear(await rampUp(), [1_867, 5_200, 8_533]);
    assertNear([await countFor(10_000)], [5_000]);
    clock.advance(30_000);
    assertNear([await countFor(10_000)], [5_000]);
    clock.advance(61_000);
    assertNear(await rampUp(), [1_867, 5_200, 8_533]);
  });

  it("does not catch up after a stall", async () => {
    const clock = createTestClock();
    const items = createPace({ perSecond: 500, rampSeconds: 0 }, clock).throttle(Array(2_000).keys());
    for (let index = 0; index < 500; index += 1) await items.next();
    clock.advance(60_000);
    const resumedAt = clock.now();
    for (let index = 0; index < 500; index += 1) await items.next();
    assert.ok(clock.now() - resumedAt >= 970, String(clock.now() - resumedAt));
  });
});

describe("the rate of an instance that sends campaigns", () => {
  it("is its share of the total, and full after FCM's minute or the campaign's ramp", () => {
    const speed = (campaignRampSeconds: number, campaignWorkers = 2) =>
      chooseCampaignSpeed({ fcmMessagesPerMinute: 300_000, campaignRampSeconds, campaignWorkers });
    assert.deepEqual(speed(200), { perSecond: 2_500, rampSeconds: 60 });
    assert.deepEqual(speed(2), { perSecond: 2_500, rampSeconds: 2 });
    assert.deepEqual(speed(60, 5), { perSecond: 1_000, rampSeconds: 60 });
  });
});

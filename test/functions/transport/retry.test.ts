import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bulkBudget } from "../../../functions/src/fcm/bulk-budget.ts";
import { systemClock } from "../../../functions/src/clock.ts";
import { callBudget, sendBudget, type Budget } from "../../../functions/src/transport/budget.ts";
import type { Outcome } from "../../../functions/src/transport/outcome.ts";
import { sendWithin } from "../../../functions/src/transport/retry.ts";
import { createTestClock } from "../../support/clock.ts";

const accepted: Outcome = { status: "accepted", messageId: "m1" };
const unavailable: Outcome = { status: "unavailable", code: "UNAVAILABLE" };

/** Runs the retries over given outcomes, of which the last repeats; each try takes `tryMs`. */
async function run(budget: Budget, outcomes: Outcome[], { random = 0.5, tryMs = 0, clock = createTestClock() } = {}) {
  const tries: { at: number; until: number }[] = [];
  const start = clock.now();
  const outcome = await sendWithin(budget, { clock, random: () => random }, async (until) => {
    tries.push({ at: clock.now() - start, until: until - start });
    clock.advance(tryMs);
    return outcomes[Math.min(tries.length, outcomes.length) - 1] ?? unavailable;
  });
  return { outcome, tries, sleeps: clock.sleeps };
}

describe("the budget of a call push", () => {
  const clock = createTestClock();
  const ringsFor = (ms: number) => callBudget({ ringEndsAt: clock.now() + ms });

  it("is one try when FCM accepts that", async () => {
    const { outcome, tries } = await run(ringsFor(30_000), [accepted]);
    assert.deepEqual(outcome, accepted);
    assert.deepEqual(tries, [{ at: 0, until: 4000 }]);
  });

  it("has one retry, between 200 and 400 ms later", async () => {
    for (const [random, wait] of [
      [0, 200],
      [0.5, 300],
      [0.999, 399.8],
    ] as const) {
      const { outcome, sleeps } = await run(ringsFor(30_000), [unavailable], { random });
      assert.deepEqual(outcome, unavailable);
      assert.deepEqual(sleeps, [wait]);
    }
  });

  it("asks before each try whether it is wanted, and says if an earlier one may have been delivered", async () => {
    for (const mayBeDelivered of [true, undefined]) {
      const asked: boolean[] = [];
      const budget = { ...ringsFor(30_000), isStillWanted: async (isRepeat: boolean) => asked.push(isRepeat) > 0 };
      await run(budget, [{ ...unavailable, ...(mayBeDelivered && { mayBeDelivered }) }]);
      assert.deepEqual(asked, [false, mayBeDelivered === true]);
    }
  });

  it("ends in the wait for a retry when it is stopped, with what was learned", async () => {
    const stopping = new AbortController();
    const budget = { ...sendBudget(), signal: stopping.signal, retryDelayMs: () => 5000 };
    const startedAt = performance.now();
    const outcome = await sendWithin(budget, { clock: systemClock, random: () => 0 }, async () => {
      setImmediate(() => stopping.abort());
      return unavailable;
    });
    assert.deepEqual(outcome, unavailable);
    assert.ok(performance.now() - startedAt < 1000);
  });

  it("has no retry for an outcome that a retry cannot change", async () => {
    for (const outcome of [
      { status: "unregistered", code: "UNREGISTERED" },
      { status: "rejected", code: "SENDER_ID_MISMATCH", message: "" },
    ] satisfies Outcome[]) {
      assert.deepEqual((await run(ringsFor(30_000), [outcome])).tries.length, 1);
    }
  });

  it("ends with the ring time, and no try outlasts it", async () => {
    const { outcome, tries } = await run(ringsFor(2500), [unavailable], { tryMs: 2400 });
    assert.deepEqual(outcome, unavailable);
    assert.deepEqual(tries, [{ at: 0, until: 2500 }]);
  });

  it("ends eight and a half seconds after its start, however long the phone rings", async () => {
    const { tries } = await run(ringsFor(60_000), [unavailable], { tryMs: 7000 });
    assert.deepEqual(tries, [
      { at: 0, until: 4000 },
      { at: 7300, until: 8500 },
    ]);
  });

  it("is used up before the first try once the phone has stopped ringing", async () => {
    for (const ms of [0, -1]) {
      const { outcome, tries } = await run(ringsFor(ms), [accepted]);
      assert.deepEqual(outcome, { status: "unavailable", code: "expired" });
      assert.deepEqual(tries, []);
    }
  });

  it("keeps to the wait that FCM asks for when it fits", async () => {
    const { outcome, tries } = await run(ringsFor(30_000), [{ ...unavailable, retryAfterMs: 3000 }, accepted]);
    assert.deepEqual(outcome, accepted);
    assert.equal(tries[1]?.at, 3100);
  });

  it("ends at once when FCM asks for a wait that does not fit", async () => {
    for (const budget of [ringsFor(30_000), ringsFor(5000)]) {
      const failure: Outcome = {
        ...unavailable,
        retryAfterMs: budget.expiresAt === clock.now() + 5000 ? 5000 : 10_000,
      };
      const { outcome, sleeps } = await run(budget, [failure, accepted]);
      assert.deepEqual(outcome, failure);
      assert.deepEqual(sleeps, []);
    }
  });
});

describe("the budget of a push whose sender waits", () => {
  it("is that of a call without its ring time", async () => {
    const { tries, sleeps } = await run(sendBudget(), [unavailable]);
    assert.equal(tries.length, 2);
    assert.deepEqual(sleeps, [300]);
  });
});

describe("the budget of a mass push", () => {
  it("waits ten seconds before the first retry and doubles the wait for each next one", async () => {
    const { outcome, sleeps } = await run(bulkBudget(), [unavailable, unavailable, unavailable, accepted], {
      random: 0,
    });
    assert.deepEqual(outcome, accepted);
    assert.deepEqual(sleeps, [10_000, 20_000, 40_000]);
  });

  it("spreads the retries, never below the wait that Google asks for", async () => {
    const { sleeps } = await run(bulkBudget(), [unavailable, accepted], { random: 0.999 });
    assert.deepEqual(sleeps, [14_995]);
  });

  it("waits a minute when a quota is used up, or as long as FCM says", async () => {
    const quota: Outcome = { status: "unavailable", code: "QUOTA_EXCEEDED" };
    assert.deepEqual((await run(bulkBudget(), [quota, accepted], { random: 0 })).sleeps, [60_000]);
    const told = { ...quota, retryAfterMs: 25_000 };
    assert.deepEqual((await run(bulkBudget(), [told, accepted], { random: 0 })).sleeps, [25_000]);
  });

  it("never retries within ten seconds, whatever Retry-After says", async () => {
    const { sleeps } = await run(bulkBudget(), [{ ...unavailable, retryAfterMs: 1000 }, accepted], { random: 0 });
    assert.deepEqual(sleeps, [10_000]);
  });

  it("gives each try at least ten seconds", async () => {
    const { tries } = await run(bulkBudget(), [accepted]);
    assert.ok((tries[0]?.until ?? 0) >= 10_000);
  });

  it("ends within the hour with the last failure", async () => {
    const { outcome, tries } = await run(bulkBudget(), [unavailable], { random: 0 });
    assert.deepEqual(outcome, unavailable);
    assert.ok(tries.length > 5);
    assert.ok(tries.every(({ at, until }) => at < 3_600_000 && until <= 3_600_000));
  });

  it("ends when the push expires", async () => {
    const clock = createTestClock();
    const budget = bulkBudget({ expiresAt: clock.now() + 25_000 });
    const { outcome, tries } = await run(budget, [unavailable], { random: 0, clock });
    assert.deepEqual(outcome, unavailable);
    assert.deepEqual(tries, [
      { at: 0, until: 15_000 },
      { at: 10_000, until: 25_000 },
    ]);
  });
});

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../../functions/src/clock.ts";
import { countHour } from "../../../functions/src/statistics/count-hour.ts";
import { countHours } from "../../../functions/src/statistics/count-hours.ts";
import { findCountedUntil } from "../../../functions/src/statistics/find-statistics.ts";
import { nameHour, startOfHour } from "../../../functions/src/statistics/hour.ts";
import { createTestClock } from "../../support/clock.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
const { services } = functions;
after(async () => {
  Object.assign(services, { clock: systemClock });
  await functions.close();
});
beforeEach(() => functions.clearDatabase());

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// Firestore's clock is real, so the hours are of now.
const thisHour = startOfHour(Date.now());

function setClock(now: number) {
  const clock = createTestClock(now);
  Object.assign(services, { clock });
  return clock;
}

async function addRing(createdAt: number): Promise<void> {
  const at = (ms: number) => Timestamp.fromMillis(createdAt + ms);
  await services.db.collection("rings").add({
    callKey: `pbx-1~${createdAt}`,
    pbxId: "pbx-1",
    exten: "101",
    status: "notified",
    claim: { by: "request", until: at(8500) },
    answer: { status: "no_devices", devices: 0, accepted: 0 },
    phones: {},
    createdAt: at(0),
    ringEndsAt: at(30_000),
  });
}

async function countOf(hour: number): Promise<number | undefined> {
  const found = await services.db.doc(`statistics/pbx-1~${nameHour(hour)}`).get();
  return found.data()?.["counters"].rings.announced;
}

describe("the hourly counts of a job whose clock is wrong", () => {
  for (const [name, jump] of [
    ["an hour", hourMs],
    ["three days", 3 * dayMs],
    ["a year", 365 * dayMs],
  ] as const) {
    it(`go on in the next hours when it was ahead by ${name} once`, async () => {
      const clock = setClock(thisHour + hourMs + 8 * 60_000);
      await countHours(services);
      clock.advance(jump);
      await countHours(services);
      clock.advance(-jump);
      const hours = [1, 2, 3, 4, 5].map((nth) => thisHour + nth * hourMs);
      for (const hour of hours) {
        await addRing(hour + 1000);
        clock.advance(hourMs);
        await countHours(services);
        assert.ok((await findCountedUntil(services))! <= clock.now());
      }
      // The hour in which it was ahead is counted again an hour later at the latest.
      for (const hour of hours) assert.equal(await countOf(hour), 1, nameHour(hour));
    });
  }

  it("are made by Firestore's clock when it is behind, and nothing is lost", async () => {
    const clock = setClock(thisHour + 8 * 60_000);
    await addRing(thisHour - hourMs);
    await countHours(services);
    const before = functions.logged.length;
    clock.advance(-70 * dayMs);
    await addRing(thisHour - hourMs + 1000);
    for (let run = 0; run < 3; run += 1) {
      await countHours(services);
      clock.advance(hourMs);
    }
    setClock(thisHour + hourMs + 8 * 60_000);
    await countHours(services);
    assert.equal(await countOf(thisHour - hourMs), 2);
    assert.ok(!functions.logged.slice(before).some((line) => line.includes("statistics_hours_lost")));
  });

  it("are not those of an hour whose rings are gone when it is behind", async () => {
    const old = thisHour - 60 * dayMs;
    setClock(old + hourMs + 8 * 60_000);
    await addRing(old + 1000);
    const rings = { announced: 5 };
    const kept = { pbxId: "pbx-1", hour: nameHour(old), countedAt: Timestamp.now(), counters: { rings } };
    await services.db.doc(`statistics/pbx-1~${nameHour(old)}`).set(kept);
    await countHours(services);
    await countHour(services, old);
    assert.equal(await countOf(old), 5);
  });
});

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { systemClock } from "../../../functions/src/clock.ts";
import { countHour } from "../../../functions/src/statistics/count-hour.ts";
import { countHours } from "../../../functions/src/statistics/count-hours.ts";
import { findCountedUntil, findHours, findStatistics } from "../../../functions/src/statistics/find-statistics.ts";
import { emptyTally } from "../../../functions/src/statistics/tally.ts";
import { createTestClock } from "../../support/clock.ts";
import { startCountingFirestore } from "../../support/counting-firestore.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { startFunctions } from "../../support/functions.ts";
import { firstHour, hourMs } from "./any-rings.ts";

const firestore = await startCountingFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
const { services } = functions;
after(async () => {
  Object.assign(services, { clock: systemClock });
  await functions.close();
  await firestore.close();
});

const dayMs = 24 * hourMs;
const perHour = 180;

/** A ring every twenty seconds of three hours, of two PBXs; every second one was answered. */
async function seedRings(): Promise<void> {
  const batch = services.db.batch();
  for (let nth = 0; nth < 3 * perHour; nth += 1) {
    const at = (ms: number) => Timestamp.fromMillis(firstHour - hourMs + nth * 20_000 + ms);
    const pbxId = `pbx-${nth % 2}`;
    const ring = {
      callKey: `${pbxId}~${nth}`,
      pbxId,
      exten: "101",
      uid: `user-${nth}`,
      status: nth % 4 < 2 ? "answered" : "notified",
      claim: { by: "request", until: at(8500) },
      answer: { status: "notified", devices: 1, accepted: 1 },
      phones: { "phone-1": { state: "accepted", messageId: "m", acceptedAt: at(200) } },
      createdAt: at(0),
      ringEndsAt: at(30_000),
      ...(nth % 4 < 2 && { answeredAt: at(4000) }),
    };
    batch.set(services.db.doc(`rings/ring-${nth}`), ring);
  }
  await batch.commit();
}

describe("the cost of a year of two PBXs", () => {
  it("is one read for each day and PBX", async () => {
    const { db } = services;
    const pbxs = ["pbx-1", "pbx-2"];
    const days = Array.from({ length: 365 }, (_, nth) =>
      new Date(firstHour - (400 + nth) * dayMs).toISOString().slice(0, 10),
    );
    const counters = { rings: { ...emptyTally, announced: 1 }, phones: emptyTally, causes: {} };
    const hours = Object.fromEntries(["00", "01", "23"].map((name) => [name, counters]));
    for (const pbxId of pbxs) {
      const batch = db.batch();
      for (const day of days) batch.set(db.doc(`statisticsDays/${pbxId}~${day}`), { pbxId, day, hours });
      await batch.commit();
    }
    firestore.clearCounts();
    const first = Date.parse(`${days.at(-1)}T00:00:00Z`);
    const year = { since: first, until: first + 365 * dayMs };
    const pages = await Array.fromAsync(findHours(services, year));
    assert.equal(pages.flat().length, 365 * 3 * pbxs.length);
    assert.ok(firestore.billed["statisticsDays"]!.reads <= 365 * pbxs.length + 1);
    const own = await Array.fromAsync(findHours(services, { ...year, since: first + 90 * 60_000, pbxId: "pbx-2" }));
    assert.equal(own.flat().length, 365 * 3 - 1);
    assert.deepEqual([own.flat()[0]!.pbxId, own.flat()[0]!.hour], ["pbx-2", `${days.at(-1)}T01`]);
  });
});

describe("the cost of a count of an hour with 180 rings, half of them answered, of two PBXs", () => {
  it("is less than two reads a ring, and two writes a PBX", async (t) => {
    await seedRings();
    Object.assign(services, { clock: createTestClock(firstHour + 2 * hourMs) });
    firestore.clearCounts();
    assert.equal(await countHour(services, firstHour), perHour);
    t.diagnostic(JSON.stringify(firestore.billed));
    const { rings, statistics, statisticsDays } = firestore.billed;
    assert.ok(rings!.reads < 2 * perHour, String(rings!.reads));
    assert.deepEqual([statistics!.writes, statisticsDays!.writes], [2, 2]);
  });

  it("is nothing for hours without rings, however many", async () => {
    Object.assign(services, { clock: createTestClock(firstHour + 20 * dayMs) });
    firestore.clearCounts();
    await countHours(services);
    const { rings, statistics } = firestore.billed;
    assert.ok(rings!.reads < 3 * 2.5 * perHour, String(rings!.reads));
    assert.ok(statistics!.reads < 20, String(statistics!.reads));
  });

  it("is that of one hour in each run as long as this hour cannot be counted, and the others are counted once", async () => {
    const begin = firstHour + 21 * dayMs;
    const clock = createTestClock(begin + 6 * hourMs + 8 * 60_000);
    Object.assign(services, { clock });
    await countHours(services);
    const ring = (await services.db.doc("rings/ring-0").get()).data()!;
    const batch = services.db.batch();
    for (let nth = 0; nth < 200; nth += 1) {
      const createdAt = Timestamp.fromMillis(begin + 6 * hourMs + nth * 90_000);
      const broken = nth === 20 ? { phones: null } : {};
      batch.set(services.db.doc(`rings/late-${nth}`), { ...ring, callKey: `late~${nth}`, createdAt, ...broken });
    }
    await batch.commit();
    clock.advance(5 * hourMs);
    await assert.rejects(countHours(services));
    assert.equal(await findCountedUntil(services), begin + 6 * hourMs);
    for (let run = 0; run < 3; run += 1) {
      firestore.clearCounts();
      await assert.rejects(countHours(services));
      assert.ok(firestore.billed["rings"]!.reads < 100, JSON.stringify(firestore.billed));
    }
    await services.db.doc("rings/late-20").update({ phones: {} });
    await countHours(services);
    const name = new Date(begin + 6 * hourMs).toISOString().slice(0, 13);
    const { counters } = (await services.db.doc(`statistics/pbx-0~${name}`).get()).data()!;
    assert.equal(counters.rings.announced, 40);
    assert.equal(await findCountedUntil(services), begin + 11 * hourMs);
    firestore.clearCounts();
    await countHours(services);
    assert.equal(firestore.billed["rings"], undefined);
    for (let nth = 0; nth < 200; nth += 1) await services.db.doc(`rings/late-${nth}`).delete();
    for (const { ref } of (await services.db.collection("statistics").where("hour", ">=", name).get()).docs)
      await ref.delete();
  });

  it("is one read for each hour and PBX when they are asked for", async () => {
    firestore.clearCounts();
    const year = { since: firstHour - 365 * dayMs, until: firstHour + dayMs };
    const pages = await Array.fromAsync(findStatistics(services, year));
    assert.equal(pages.flat().length, 6);
    assert.deepEqual(firestore.billed, { statistics: { reads: 6, writes: 0, deletes: 0 } });
  });
});

import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../../functions/src/clock.ts";
import { countHour } from "../../../functions/src/statistics/count-hour.ts";
import { startOfHour } from "../../../functions/src/statistics/hour.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { createTestClock } from "../../support/clock.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { addLine, call as usualCall, callId, resetState } from "../../support/line.ts";
import { withTransactions } from "../devices/interleave.ts";

const functions = await startFunctions();
const { services } = functions;
after(async () => {
  Object.assign(services, { clock: systemClock });
  await functions.close();
});

const call = { ...usualCall, ring_seconds: 120 };
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// The clocks of Firestore and of FCM's client are real, so the calls are made now.
let hour = 0;
const nameOf = (ms: number) => new Date(ms).toISOString().slice(0, 13);
let clock = createTestClock();

beforeEach(async () => {
  clock = createTestClock(Date.now());
  hour = startOfHour(clock.now());
  Object.assign(services, { clock });
  await resetState(functions);
});

/** Sets the clock to a time after the end of the hour, and runs the job as Cloud Scheduler does. */
async function runJob(afterEnd: number): Promise<void> {
  clock.advance(hour + hourMs + afterEnd - clock.now());
  const { status, text } = await functions.runSchedule("statistics");
  assert.equal(status, 200, text);
}

async function read(pbxId = "pbx-1", name = nameOf(hour)) {
  return (await services.db.doc(`statistics/${pbxId}~${name}`).get()).data();
}

async function readRings() {
  const { announced, reached, ready, answered, declined, missed } = (await read())!["counters"].rings;
  return { announced, reached, ready, answered, declined, missed };
}

const soon = 8 * 60_000;
const report = (event: string, deviceId = "phone-1") =>
  functions.call("reportCall", alice, { callId, deviceId, event });

describe("the hourly counts", () => {
  it("say of calls how far they came, by PBX and hour in UTC", async () => {
    await addLine(functions, 2);
    await functions.pbx("POST", "/calls", call);
    await functions.pbx("POST", "/calls", { ...call, call_id: "nobody", exten: "1" });
    for (const event of ["ready", "answered"]) await report(event);
    await runJob(soon);
    const { pbxId, hour: name, counters, removeAt } = (await read())!;
    assert.deepEqual([pbxId, name], ["pbx-1", nameOf(hour)]);
    assert.deepEqual(await readRings(), { announced: 2, reached: 1, ready: 1, answered: 1, declined: 0, missed: 1 });
    assert.equal(counters.phones.announced, 2);
    assert.deepEqual(counters.causes.no_line, { missed: 1, verdicts: 1 });
    assert.deepEqual(
      counters.systems.map(({ name: system }: { name: string }) => system),
      ["android"],
    );
    assert.equal(removeAt.toMillis(), hour + 400 * dayMs);
    assert.doesNotMatch(JSON.stringify(counters), /01012345678|홍길동|alice|phone-1|07045144801/);
  });

  it("are the same after repeats, and know receipts and rings that came late", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    for (const afterEnd of [soon, soon + 1, hourMs + soon]) {
      await runJob(afterEnd);
      assert.deepEqual(await readRings(), { announced: 1, reached: 1, ready: 0, answered: 0, declined: 0, missed: 1 });
    }
    await report("answered");
    const ring = (await services.db.doc(`rings/${callId}`).get()).data()!;
    await services.db.doc("rings/late").set({ ...ring, exten: "102", phones: {} });
    await runJob(dayMs + soon);
    assert.equal((await readRings()).announced, 2);
    assert.equal((await read())!["counters"].phones.answered, 1);
    await services.db.doc("rings/late").delete();
    await runJob(28 * dayMs + soon);
    assert.equal((await readRings()).announced, 1);
  });

  it("leave an hour alone when its rings may be gone, and write none without rings", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    await runJob(soon);
    await services.db.doc(`rings/${callId}`).delete();
    await runJob(29 * dayMs);
    assert.equal((await readRings()).announced, 1);
    assert.equal(await countHour(services, hour), 0);
    assert.equal((await readRings()).announced, 1);
    assert.equal((await services.db.collection("statistics").get()).size, 1);
  });

  it("count zero for a PBX whose only ring was withdrawn", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    await runJob(soon);
    await services.db.doc(`rings/${callId}`).delete();
    await runJob(hourMs + soon);
    assert.equal((await readRings()).announced, 0);
  });

  it("are those of the later of two runs at once, whichever writes first", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    clock.advance(hour + hourMs + soon - clock.now());
    // The first run has read the ring when the answer comes; the second counts that before the first writes.
    const slow = withTransactions(services, {
      before: async () => {
        await report("answered");
        await countHour(services, hour);
      },
    });
    await countHour(slow, hour);
    assert.equal((await read())!["counters"].phones.answered, 1);
    await Promise.all(Array.from({ length: 4 }, () => countHour(services, hour)));
    assert.equal((await read())!["counters"].phones.answered, 1);
  });

  it("count the other hours when one fails, log why, and count that one in the next run", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    const rings = services.db.collection("rings");
    const good = (await rings.doc(callId).get()).data()!;
    await rings.doc("bad").set({ ...good, createdAt: Timestamp.fromMillis(hour - hourMs), phones: null });
    clock.advance(hour + hourMs + soon - clock.now());
    const before = functions.logged.length;
    assert.equal((await functions.runSchedule("statistics")).status, 500);
    assert.ok(functions.logged.slice(before).some((line) => line.includes('"statistics_failed"')));
    assert.equal((await readRings()).announced, 1);
    await rings.doc("bad").set({ ...good, createdAt: Timestamp.fromMillis(hour - hourMs) });
    await runJob(soon + 1);
    assert.equal((await read("pbx-1", nameOf(hour - hourMs)))!["counters"].rings.announced, 1);
  });

  it("say that hours are lost after a month without the job", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    await runJob(soon);
    const before = functions.logged.length;
    await runJob(40 * dayMs);
    const line = functions.logged.slice(before).find((logged) => logged.includes('"statistics_hours_lost"'));
    assert.match(line ?? "", /"hours":26\d/);
    assert.equal((await readRings()).announced, 1);
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { nameBuckets } from "../../../functions/src/console/show/buckets.ts";
import { askAs, refusalOf } from "../../support/console.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { addPhone, call } from "../../support/line.ts";

const functions = await startFunctions({}, undefined, { "other-key": { pbxId: "pbx-2" } });
after(() => functions.close());
const ask = askAs(functions);

const hourMs = 3_600_000;
const now = Date.now();
const iso = (ms: number) => new Date(ms).toISOString();
const day = { since: iso(now - 24 * hourMs), until: iso(now + hourMs) };

async function ring(name: string, to: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = { ...call, call_id: name, ring_id: name, exten: to };
  await functions.pbx("POST", "/calls", body, { headers });
  await functions.pbx("POST", `/calls/${name}/end`, { ring_id: name, reason: "cancelled" }, { headers });
}

before(async () => {
  await functions.pbx("PUT", "/lines/101", { uid: alice.uid });
  await addPhone(functions, "phone-1");
  await ring("c1", "101", "demo-pbx-key");
  await ring("c2", "999", "demo-pbx-key");
  await ring("c3", "101", "other-key");
});

describe("the overview", () => {
  it("is empty before the first count, with every hour in it", async () => {
    const { total, perPbx, causes, wake, buckets, countedUntil } = await ask("overview", { ...day, by: "hour" });
    assert.deepEqual([total.announced, perPbx, causes, wake, countedUntil], [0, [], [], { bars: [] }, undefined]);
    assert.ok(buckets.length >= 25 && buckets.every(({ announced }) => announced === 0));
  });

  it("adds up the hours, of all PBXs and of each, and says why rings were missed", async () => {
    // The job of the hour after this one.
    const { countHour } = await import("../../../functions/src/statistics/count-hour.ts");
    const { startOfHour } = await import("../../../functions/src/statistics/hour.ts");
    for (const hour of new Set([startOfHour(now), startOfHour(Date.now())])) await countHour(functions.services, hour);
    const all = await ask("overview", { ...day, by: "hour" });
    assert.deepEqual([all.total.announced, all.total.reached, all.total.missed], [3, 2, 3]);
    assert.deepEqual(
      all.perPbx.map(({ pbxId, announced }) => [pbxId, announced]),
      [
        ["pbx-1", 2],
        ["pbx-2", 1],
      ],
    );
    assert.equal(
      all.buckets.reduce((sum, { announced }) => sum + announced, 0),
      3,
    );
    assert.equal(all.causes.find(({ cause }) => cause === "no_line")?.count, 1);
    assert.equal(
      all.causes.reduce((sum, { count }) => sum + count, 0),
      3,
    );
    const one = await ask("overview", { ...day, by: "day", pbxId: "pbx-2" });
    assert.deepEqual([one.total.announced, one.perPbx.length], [1, 1]);
    assert.ok(one.buckets.length <= 3);
  });

  it("is refused for a span that would read too much, or none", async () => {
    const refused = async (input: object) => (await refusalOf(functions, { do: "overview", ...input })).message;
    assert.match(await refused({ since: iso(now - 100 * 24 * hourMs), by: "hour" }), /at most 92 days before until/);
    assert.match(await refused({ since: iso(now - 500 * 24 * hourMs), by: "day" }), /at most 400 days/);
    assert.match(await refused({ since: iso(now), until: iso(now - 1), by: "day" }), /before until/);
    assert.match(await refused({ by: "week" }), /since must be a time such as .*; by must be one of hour, day/);
  });
});

describe("days", () => {
  it("begin in the time zone of the deployment, also when clocks change", () => {
    const since = Date.parse("2026-03-07T05:00:00Z");
    const until = Date.parse("2026-03-10T04:00:00Z");
    const days = nameBuckets({ since, until, by: "day", timeZone: "America/New_York" });
    const lengths = [...Map.groupBy(days.values(), (begin) => begin)].map(([begin, hours]) => [
      iso(begin),
      hours.length,
    ]);
    assert.deepEqual(lengths, [
      ["2026-03-07T05:00:00.000Z", 24],
      ["2026-03-08T05:00:00.000Z", 23],
      ["2026-03-09T04:00:00.000Z", 24],
    ]);
  });
});

describe("the probe", () => {
  it("is shown with its last results", async () => {
    assert.deepEqual(await ask("probe"), { isOff: false, results: [] });
    await functions.runSchedule("probe");
    const { results } = await ask("probe");
    assert.equal(results.length, 1);
    assert.ok(results[0]!.steps.length > 0 && Date.parse(results[0]!.at) > 0);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Statistics } from "../../admin/statistics/statistics.ts";
import type { Hour } from "../../functions/src/statistics/find-statistics.ts";
import { hourMs, nameHour } from "../../functions/src/statistics/hour.ts";
import { emptyTally } from "../../functions/src/statistics/tally.ts";

/** The rows of hours that begin at a time, each with a ring. */
function rowsOf(by: "hour" | "day", timeZone: string, begin: string, hours: number) {
  const statistics = new Statistics(by, timeZone);
  const start = Date.parse(begin);
  const rings = { ...emptyTally, announced: 1 };
  const counters = { rings, phones: emptyTally, causes: {} };
  statistics.add(
    Array.from({ length: hours }, (_, nth): Hour => ({
      pbxId: "pbx-1",
      hour: nameHour(start + nth * hourMs),
      counters,
    })),
  );
  return statistics.tallies.map(([name, { announced }]) => [name, announced]);
}

describe("the statistics by hour", () => {
  it("have a row for each hour of the night in which clocks are put back, in their order", () => {
    assert.deepEqual(rowsOf("hour", "Europe/Berlin", "2026-10-24T23:00:00Z", 4), [
      ["2026-10-25 01:00", 1],
      ["2026-10-25 02:00", 1],
      ["2026-10-25 02:00 +01:00", 1],
      ["2026-10-25 03:00", 1],
    ]);
    assert.deepEqual(rowsOf("hour", "America/New_York", "2026-11-01T05:00:00Z", 3), [
      ["2026-11-01 01:00", 1],
      ["2026-11-01 01:00 -05:00", 1],
      ["2026-11-01 02:00", 1],
    ]);
    assert.deepEqual(rowsOf("day", "Europe/Berlin", "2026-10-24T22:00:00Z", 25), [["2026-10-25", 25]]);
  });

  it("have as many rows as hours in any zone, in their order", () => {
    const zone = fc.constantFrom("Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC");
    const begin = fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(zone, begin, (timeZone, at) => {
        const rows = rowsOf("hour", timeZone, `${nameHour(at.getTime())}:00:00Z`, 30);
        assert.equal(rows.length, 30);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { timeOption } from "../../admin/command/times.ts";
import { tellInstantsIn } from "../../admin/command/wall-time.ts";

const zones = ["Asia/Seoul", "UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago"];
const parse = timeOption("--at");
const now = Date.parse("2026-11-30T05:10:00Z");
const seoul = { now, timeZone: "Asia/Seoul" };

const span = (given: string, here = seoul) => {
  const { from, to } = parse(given)(here);
  return [new Date(from).toISOString(), to - from + 1];
};

describe("a time that an operator names", () => {
  for (const [given, from, length] of [
    ["14:03", "2026-11-30T05:03:00.000Z", 60_000],
    ["14:03:02", "2026-11-30T05:03:02.000Z", 1000],
    ["9:03", "2026-11-30T00:03:00.000Z", 60_000],
    // People's clocks are not exact: five minutes to come are today.
    ["14:14", "2026-11-30T05:14:00.000Z", 60_000],
    ["14:16", "2026-11-29T05:16:00.000Z", 60_000],
    ["23:59", "2026-11-29T14:59:00.000Z", 60_000],
    ["2026-11-29", "2026-11-28T15:00:00.000Z", 86_400_000],
    ["2026-11-29 14:03", "2026-11-29T05:03:00.000Z", 60_000],
    ["2026-11-29T14:03:02.5", "2026-11-29T05:03:02.500Z", 1],
    ["2026-11-30T14:03+09:00", "2026-11-30T05:03:00.000Z", 60_000],
    ["2026-11-30T14:03:02Z", "2026-11-30T14:03:02.000Z", 1000],
    ["90m", "2026-11-30T03:40:00.000Z", 1],
    ["7d", "2026-11-23T05:10:00.000Z", 1],
  ] as const) {
    it(`is ${given}`, () => assert.deepEqual(span(given), [from, length]));
  }

  it("is refused where it is none", () => {
    for (const given of [
      "",
      "14",
      "24:00",
      "14:60",
      "2026-02-30",
      "2026-13-01",
      "2026-11-30T14:03+99:00",
      "1y",
      "-5m",
    ]) {
      assert.throws(() => parse(given), /^WrongUsage: --at takes 14:03, /, given);
    }
  });

  it("is read as it is written, in any zone and on any day", () => {
    const moment = fc.date({ min: new Date("2020-01-01"), max: new Date("2035-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), (date, timeZone) => {
        const tell = tellInstantsIn(timeZone);
        const written = tell(date.getTime());
        const { from } = parse(written.replace(" ", "T"))({ now, timeZone });
        // In the hour that the clocks repeat, it may be the other one.
        assert.equal(tell(from), written);
        assert.ok(Math.abs(from - date.getTime()) <= 3_600_000);
      }),
      { numRuns: 200 },
    );
  });

  it("of the day is the last one, in any zone", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 86_399 }),
        fc.integer({ min: 0, max: 400 * 86_400_000 }),
        fc.constantFrom(...zones),
        (second, later, timeZone) => {
          const given = new Date(second * 1000).toISOString().slice(11, 19);
          const here = { now: now + later, timeZone };
          const { from } = parse(given)(here);
          const age = here.now - from;
          assert.ok(age >= -5 * 60_000 && age <= 25 * 3_600_000, `${given} in ${timeZone}: ${age}`);
        },
      ),
      { numRuns: 200 },
    );
  });
});

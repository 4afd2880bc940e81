import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Alarms } from "../../../local/pubsub/alarms.ts";
import { TurnedClock } from "./turned-clock.ts";

describe("alarms", () => {
  it("ring each at its time, in order, but for those cancelled, on one timer", () => {
    const clock = new TurnedClock();
    const start = clock.now();
    const alarms = new Alarms(clock);
    const rung: number[] = [];
    const delays = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 1009);
    const set = delays.map((delay) =>
      alarms.set(delay, () => {
        assert.equal(clock.now(), start + delay);
        rung.push(delay);
      }),
    );
    assert.equal(clock.timers, 1);
    for (const alarm of set.filter((_, index) => index % 3 === 0)) alarms.cancel(alarm);
    clock.turn(2000);
    assert.deepEqual(
      rung,
      delays.filter((_, index) => index % 3 !== 0).toSorted((a, b) => a - b),
    );
    assert.equal(clock.timers, 0);
  });

  it("can be set and cancelled by one that rings", () => {
    const clock = new TurnedClock();
    const alarms = new Alarms(clock);
    const rung: string[] = [];
    const doomed = alarms.set(10, () => rung.push("doomed"));
    alarms.set(5, () => {
      alarms.cancel(doomed);
      alarms.set(5, () => rung.push("second"));
      rung.push("first");
    });
    clock.turn(10);
    assert.deepEqual(rung, ["first", "second"]);
  });

  it("leave no timer behind when cleared", () => {
    const clock = new TurnedClock();
    const alarms = new Alarms(clock);
    alarms.set(10, () => assert.fail("rang"));
    alarms.clear();
    assert.equal(clock.timers, 0);
  });
});

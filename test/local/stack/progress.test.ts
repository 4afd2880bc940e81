import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { startProgress, type Progress } from "../../../local/stack/progress.ts";

describe("the progress of a start", () => {
  let lines: string[];
  let progress: Progress;
  beforeEach(() => {
    mock.timers.enable({ apis: ["setInterval", "Date"] });
    lines = [];
    progress = startProgress((line) => lines.push(line));
  });
  afterEach(() => {
    progress.stop();
    mock.timers.reset();
  });

  it("is said at once", () => {
    progress.say("building");
    assert.deepEqual(lines, ["… building"]);
  });

  it("is said at least every five seconds while it takes long", () => {
    progress.say("building");
    for (let seconds = 5; seconds <= 60; seconds += 5) {
      const before = lines.length;
      for (let second = 0; second < 5; second += 1) mock.timers.tick(1000);
      assert.ok(lines.length > before, `nothing was said in the five seconds before ${seconds} s`);
    }
    assert.equal(lines[2], "… building: 8 s");
  });

  it("counts the seconds of what is done now", () => {
    progress.say("building");
    mock.timers.tick(3000);
    progress.say("emulators");
    mock.timers.tick(4000);
    assert.deepEqual(lines, ["… building", "… emulators", "… emulators: 4 s"]);
  });

  it("says nothing after it has stopped", () => {
    progress.say("building");
    progress.stop();
    mock.timers.tick(10_000);
    assert.deepEqual(lines, ["… building"]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LateWork } from "../../functions/src/late-work.ts";

describe("late work", () => {
  it("is settled when all of it is done, also what is added meanwhile or fails", async () => {
    const late = new LateWork();
    const done: string[] = [];
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    late.add(first.promise.then(() => void done.push("first")));
    late.add(Promise.reject(new Error("This has been logged.")));
    const settled = late.settled().then(() => done.push("settled"));
    late.add(second.promise.then(() => void done.push("second")));
    first.resolve();
    await first.promise;
    second.resolve();
    await settled;
    assert.deepEqual(done, ["first", "second", "settled"]);
  });

  it("is settled at once when there is none", async () => {
    await new LateWork().settled();
  });
});

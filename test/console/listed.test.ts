import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Listed } from "../../console/src/state/listed.ts";
import { Loaded } from "../../console/src/state/loaded.ts";

const nothingToDraw = () => undefined;

describe("an answer", () => {
  it("is not shown if a later question was answered before it", async () => {
    const loaded = new Loaded<string>(nothingToDraw);
    const slow = Promise.withResolvers<string>();
    const first = loaded.load(async () => slow.promise);
    assert.equal(await loaded.load(async () => "second"), true);
    slow.resolve("first");
    assert.equal(await first, false);
    assert.deepEqual([loaded.value, loaded.isLoading], ["second", false]);
  });

  it("stays while a later question fails, with the error beside it", async () => {
    const loaded = new Loaded<string>(nothingToDraw);
    await loaded.load(async () => "first");
    const error = new Error("no answer");
    assert.equal(await loaded.load(async () => Promise.reject(error)), false);
    assert.deepEqual([loaded.value, loaded.error], ["first", error]);
  });
});

describe("a list that comes in parts", () => {
  const parts = [{ rows: [1, 2], next: "1" }, { rows: [], next: "2" }, { rows: [3], next: "3" }, { rows: [] }] as const;
  const list = () => new Listed<number>(nothingToDraw, async (cursor = "0") => parts[Number(cursor)]!);

  it("skips empty parts, so that more brings something, until its end", async () => {
    const numbers = list();
    await numbers.reload();
    assert.deepEqual([numbers.rows, numbers.hasMore], [[1, 2], true]);
    await numbers.loadMore();
    assert.deepEqual([numbers.rows, numbers.hasMore], [[1, 2, 3], true]);
    await numbers.loadMore();
    assert.deepEqual([numbers.rows, numbers.hasMore], [[1, 2, 3], false]);
    await numbers.reload();
    assert.deepEqual(numbers.rows, [1, 2]);
  });

  it("keeps what changes while its next part is on the way", async () => {
    const slow = Promise.withResolvers<{ readonly rows: readonly number[] }>();
    const numbers = new Listed<number>(nothingToDraw, async (cursor) => {
      return cursor === undefined ? { rows: [1], next: "1" } : slow.promise;
    });
    await numbers.reload();
    const more = numbers.loadMore();
    numbers.change((rows) => [9, ...rows]);
    slow.resolve({ rows: [2] });
    await more;
    assert.deepEqual(numbers.rows, [9, 1, 2]);
  });

  it("can be changed, and has nothing to change before its first part", async () => {
    const numbers = list();
    numbers.change((rows) => [...rows, 9]);
    assert.equal(numbers.rows, undefined);
    await numbers.reload();
    numbers.change((rows) => [...rows, 9]);
    assert.deepEqual(numbers.rows, [1, 2, 9]);
  });
});

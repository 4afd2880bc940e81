import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Batcher } from "../../functions/src/batcher.ts";

/** Work that ends when the test says so, and records its input. */
function createWork() {
  const rounds: { items: readonly string[]; end: (error?: Error) => void }[] = [];
  const work = async (items: readonly string[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    rounds.push({ items, end: (error) => (error === undefined ? resolve() : reject(error)) });
    await promise;
    return items.map((item) => item.toUpperCase());
  };
  return { rounds, work };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a batcher", () => {
  it("batches the items of a key that come during its work, and returns each its own result", async () => {
    const batcher = new Batcher();
    const { rounds, work } = createWork();
    const added = ["a", "b", "c"].map(async (item) => batcher.add("key", item, work));
    await settled();
    assert.deepEqual(
      rounds.map(({ items }) => items),
      [["a"]],
    );
    rounds[0]!.end();
    await settled();
    assert.deepEqual(rounds[1]!.items, ["b", "c"]);
    rounds[1]!.end();
    assert.deepEqual(await Promise.all(added), ["A", "B", "C"]);
  });

  it("blocks no key because of another", async () => {
    const batcher = new Batcher();
    const { rounds, work } = createWork();
    void batcher.add("one", "a", work);
    void batcher.add("other", "b", work);
    await settled();
    assert.equal(rounds.length, 2);
  });

  it("rejects the items whose work has failed, and goes on with the next", async () => {
    const batcher = new Batcher();
    const { rounds, work } = createWork();
    const failing = batcher.add("key", "a", work);
    const next = batcher.add("key", "b", work);
    await settled();
    rounds[0]!.end(new Error("no"));
    await assert.rejects(failing, /no/);
    await settled();
    rounds[1]!.end();
    assert.equal(await next, "B");
    const later = batcher.add("key", "c", work);
    await settled();
    rounds[2]!.end();
    assert.equal(await later, "C");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Outcome } from "../../../functions/src/transport/outcome.ts";
import { sendEach } from "../../../functions/src/fcm/send-each.ts";

const accepted: Outcome = { status: "accepted", messageId: "m" };

function* count(to: number, onTake: (n: number) => void = () => {}) {
  for (let n = 1; n <= to; n++) {
    onTake(n);
    yield n;
  }
}

/** The highest number of concurrent sends when each is answered one turn of the event loop later. */
async function countInFlight(items: number, concurrency: number): Promise<number> {
  let underWay = 0;
  let most = 0;
  const send = async () => {
    most = Math.max(most, ++underWay);
    await new Promise(setImmediate);
    underWay--;
    return accepted;
  };
  await collect(sendEach(count(items), send, concurrency));
  return most;
}

describe("sending each of many", () => {
  it("yields every item once with its outcome", async () => {
    const settled = await collect(
      sendEach(count(1000), async (n) => ({ status: "unregistered", code: String(n) }) satisfies Outcome, 7),
    );
    assert.deepEqual(
      settled.map(({ item, outcome }) => [item, "code" in outcome && Number(outcome.code)]).toSorted(byFirst),
      Array.from({ length: 1000 }, (_, i) => [i + 1, i + 1]),
    );
  });

  it("ends at once when there is nothing to send", async () => {
    assert.deepEqual(await collect(sendEach([], async () => accepted)), []);
  });

  it("takes items from an asynchronous source", async () => {
    assert.equal((await collect(sendEach(later(count(3)), async () => accepted))).length, 3);
  });

  it("reaches the in-flight limit and does not exceed it", async () => {
    assert.equal(await countInFlight(100, 10), 10);
  });

  it("starts a few at a time, so that immediate answers are read before more sends start", async () => {
    const most = await countInFlight(1000, 500);
    assert.ok(most <= 100, `${most} were under way at once`);
  });

  it("reads no more from its source than it can send and its reader reads", async () => {
    let taken = 0;
    const settled = sendEach(
      count(1000, (n) => (taken = n)),
      async () => accepted,
      10,
    );
    await settled.next();
    await new Promise(setImmediate);
    assert.ok(taken <= 21, `${taken} taken for one read`);
    await settled.return();
  });

  it("stops reading from its source when its reader stops", async () => {
    let taken = 0;
    for await (const { item } of sendEach(
      count(1000, (n) => (taken = n)),
      async () => accepted,
      5,
    )) {
      if (item === 3) break;
    }
    const takenThen = taken;
    await new Promise(setImmediate);
    assert.ok(taken <= takenThen + 1 && taken < 50, `${taken} taken`);
  });

  it("yields the started sends before it throws its source's error", async () => {
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const { item } of sendEach(throwAfter(2), async () => accepted)) seen.push(item);
    }, /The source broke/);
    assert.deepEqual(seen, [1, 2]);
  });
});

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

function* throwAfter(last: number): Generator<number> {
  yield* count(last);
  throw new Error("The source broke");
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}

function byFirst(a: readonly unknown[], b: readonly unknown[]): number {
  return Number(a[0]) - Number(b[0]);
}

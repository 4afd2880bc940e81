import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { buildLockOwner, LockTable, type LockOwner } from "../../../local/firestore/locks.ts";

function setUp(idleMs = 60_000) {
  const table = new LockTable(idleMs);
  const begin = (age: number): LockOwner => {
    const owner = buildLockOwner(age);
    owner.abort = (reason) => table.release(owner, reason);
    return owner;
  };
  return { table, begin };
}

const aborted = { code: 10 };

describe("document locks", () => {
  it("are granted to one owner after the other, in the order of the requests", async () => {
    const { table, begin } = setUp();
    const order: number[] = [];
    const owners = [1, 2, 3].map((age) => begin(age));
    await Promise.all(
      owners.map(async (owner) => {
        await table.acquire(owner, ["a"]);
        order.push(owner.age);
        table.release(owner);
      }),
    );
    assert.deepEqual(order, [1, 2, 3]);
  });

  it("tell whether their owner had to wait", async () => {
    const { table, begin } = setUp();
    const [one, other] = [begin(1), begin(2)];
    assert.equal(await table.acquire(one, ["a", "b"]), false);
    assert.equal(await table.acquire(one, ["b"]), false);
    const waiting = table.acquire(other, ["b"]);
    table.release(one);
    assert.equal(await waiting, true);
  });

  it("are granted to every pending request of an owner", async () => {
    const { table, begin } = setUp();
    const [one, other] = [begin(1), begin(2)];
    await table.acquire(one, ["a"]);
    const waiting = [table.acquire(other, ["a"]), table.acquire(other, ["a"])];
    table.release(one);
    assert.deepEqual(await Promise.all(waiting), [true, true]);
  });

  it("abort the younger of two owners that wait for each other, and let the older go on", async () => {
    const { table, begin } = setUp();
    const [elder, younger] = [begin(1), begin(2)];
    await table.acquire(elder, ["a"]);
    await table.acquire(younger, ["b"]);
    const doomed = assert.rejects(table.acquire(younger, ["a"]), aborted);
    await table.acquire(elder, ["b"]);
    await doomed;
    assert.deepEqual([...elder.held], ["a", "b"]);
    assert.equal(younger.held.size, 0);
  });

  it("detect a deadlock that goes through another owner's place in the queue", async () => {
    const { table, begin } = setUp();
    const [one, two, three] = [begin(1), begin(2), begin(3)];
    await table.acquire(one, ["a"]);
    await table.acquire(two, ["b"]);
    const behindOne = table.acquire(three, ["a"]);
    const behindThree = table.acquire(two, ["a"]);
    const doomed = assert.rejects(table.acquire(three, ["b"]), aborted);
    await Promise.all([doomed, assert.rejects(behindOne, aborted)]);
    table.release(one);
    await behindThree;
  });

  it("never abort a plain write: the transaction that waits for it is aborted", async () => {
    const { table, begin } = setUp();
    const write = buildLockOwner(9);
    const transaction = begin(1);
    await table.acquire(transaction, ["b"]);
    const waiting = table.acquire(write, ["a", "b"]);
    await assert.rejects(table.acquire(transaction, ["a"]), aborted);
    await waiting;
    assert.deepEqual([...write.held], ["a", "b"]);
  });

  it("are taken from an owner that is silent while others wait", async () => {
    const { table, begin } = setUp(20);
    const [dead, waiting] = [begin(1), begin(2)];
    await table.acquire(dead, ["a"]);
    await keepAlive(table.acquire(waiting, ["a"]));
    await assert.rejects(table.acquire(dead, ["b"]), aborted);
  });

  it("are never granted to an owner that has ended", async () => {
    const { table, begin } = setUp();
    const owner = begin(1);
    table.release(owner);
    await assert.rejects(table.acquire(owner, ["a"]), aborted);
    assert.equal(await table.acquire(begin(2), ["a"]), false);
  });
});

// The table's timers do not keep the process alive, so none outlives its server.
async function keepAlive<Value>(promise: Promise<Value>): Promise<Value> {
  const timer = setInterval(() => undefined, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

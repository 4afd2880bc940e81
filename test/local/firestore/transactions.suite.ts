import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import type { DocumentReference, Firestore, Transaction } from "firebase-admin/firestore";

import { official, skipOnOfficial, startTestDatabase, type TestDatabase } from "./test-database.ts";

// Concurrent, because the SDK waits a second before it retries an aborted transaction.
describe("transactions", { concurrency: true }, () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.connect("shared");
  });
  after(async () => database.close());

  async function increment(doc: DocumentReference, transaction: Transaction): Promise<void> {
    const read = await transaction.get(doc);
    transaction.set(doc, { n: (read.get("n") ?? 0) + 1 });
  }

  it("lose none of 12 concurrent increments", async () => {
    const doc = db.doc("counters/a");
    await times(12, async () => db.runTransaction(async (transaction) => increment(doc, transaction)));
    assert.equal((await doc.get()).get("n"), 12);
  });

  it("lose none of 12 concurrent increments of a query's result, each in one attempt", async () => {
    const doc = db.doc("found/a");
    await doc.set({ n: 0, kind: "counter" });
    let attempts = 0;
    await times(12, async () =>
      db.runTransaction(async (transaction) => {
        attempts += 1;
        const found = await transaction.get(db.collection("found").where("kind", "==", "counter"));
        for (const { ref, data } of found.docs.map((each) => ({ ref: each.ref, data: each.data() }))) {
          transaction.update(ref, { n: data["n"] + 1 });
        }
      }),
    );
    assert.equal((await doc.get()).get("n"), 12);
    // On the official emulator they contend and are retried.
    if (official === undefined) assert.equal(attempts, 12);
  });

  it("lose none of the increments of two clients", async () => {
    const other = database.connect("shared");
    const docs = [db.doc("counters/two"), other.doc("counters/two")];
    await times(12, async (n) => {
      const doc = docs[n % 2] ?? assert.fail();
      await doc.firestore.runTransaction(async (transaction) => increment(doc, transaction));
    });
    assert.equal((await docs[0]?.get())?.get("n"), 12);
  });

  it("keep the sum of two accounts under 20 concurrent transfers", skipOnOfficial("it gives up"), async () => {
    const [one, other] = [db.doc("accounts/a"), db.doc("accounts/b")];
    await db.batch().set(one, { sum: 100 }).set(other, { sum: 100 }).commit();
    const sums: number[] = [];
    await times(20, async (n) =>
      db.runTransaction(async (transaction) => {
        const [from, to] = await transaction.getAll(...(n % 2 === 0 ? [one, other] : [other, one]));
        assert.ok(from !== undefined && to !== undefined);
        sums.push(from.get("sum") + to.get("sum"));
        transaction.update(from.ref, { sum: from.get("sum") - n });
        transaction.update(to.ref, { sum: to.get("sum") + n });
      }),
    );
    const [left, right] = await db.getAll(one, other);
    assert.deepEqual([...new Set(sums)], [200]);
    assert.deepEqual([left?.get("sum"), right?.get("sum")], [110, 90]);
  });

  it("that wait for each other's documents: one is aborted, retried and succeeds", async () => {
    const docs = [db.doc("crossed/a"), db.doc("crossed/b")];
    await Promise.all(docs.map(async (doc) => doc.set({ n: 0 })));
    const bothRead = buildBarrier(2);
    let attempts = 0;
    const run = async (first: DocumentReference, second: DocumentReference) =>
      db.runTransaction(async (transaction) => {
        attempts += 1;
        const one = await transaction.get(first);
        await bothRead();
        const two = await transaction.get(second);
        transaction.update(first, { n: one.get("n") + 1 }).update(second, { n: two.get("n") + 1 });
      });
    const [a, b] = docs;
    assert.ok(a !== undefined && b !== undefined);
    await Promise.all([run(a, b), run(b, a)]);
    assert.deepEqual([(await a.get()).get("n"), (await b.get()).get("n")], [2, 2]);
    // On a busy machine, the official emulator may abort both.
    assert.ok(attempts === 3 || (official !== undefined && attempts > 3), `${attempts} attempts`);
  });

  it(
    "are aborted and retried when another document comes to match their query",
    skipOnOfficial("the write waits for the transaction"),
    async () => {
      const lines = db.collection("lines");
      let attempts = 0;
      const count = await db.runTransaction(async (transaction) => {
        attempts += 1;
        const found = await transaction.get(lines.where("uid", "==", "u1"));
        if (attempts === 1) await lines.doc("late").set({ uid: "u1" });
        transaction.set(db.doc("owners/u1"), { lines: found.size });
        return found.size;
      });
      assert.deepEqual([attempts, count, (await db.doc("owners/u1").get()).get("lines")], [2, 1, 1]);
    },
  );

  it("see a missing document stay missing until they have written it", async () => {
    const doc = db.doc("claims/once");
    const outcomes = await times(8, async (n) =>
      db.runTransaction(async (transaction) => {
        const read = await transaction.get(doc);
        if (read.exists) return false;
        transaction.create(doc, { by: n });
        return true;
      }),
    );
    assert.equal(outcomes.filter(Boolean).length, 1);
  });

  it("make a plain write to a document that they have read wait for their end", async () => {
    const doc = db.doc("waited/a");
    await doc.set({ n: 1 });
    let write: Promise<unknown> = Promise.resolve();
    await db.runTransaction(async (transaction) => {
      const read = await transaction.get(doc);
      write = doc.update({ late: true });
      await db.doc("waited/other").set({});
      transaction.update(doc, { n: read.get("n") + 1 });
    });
    await write;
    assert.deepEqual((await doc.get()).data(), { n: 2, late: true });
  });

  it("write nothing when their function throws, and release their locks", async () => {
    const doc = db.doc("thrown/a");
    const failing = db.runTransaction(async (transaction) => {
      await transaction.get(doc);
      transaction.set(doc, { n: 1 });
      throw new RangeError("no");
    });
    await assert.rejects(failing, RangeError);
    await doc.create({ n: 2 });
    assert.equal((await doc.get()).get("n"), 2);
  });

  it("fail with the code of the failing write, and release their locks", async () => {
    const doc = db.doc("failed/a");
    await doc.set({ n: 1 });
    const failing = db.runTransaction(async (transaction) => {
      await transaction.get(doc);
      transaction.create(doc, { n: 2 });
    });
    await assert.rejects(failing, { code: 6 });
    await doc.update({ n: 3 });
  });

  it("that only read see one point in time, whatever is written meanwhile, and block no other", async () => {
    const [one, other] = [db.doc("moment/a"), db.doc("moment/b")];
    await db.batch().set(one, { n: 1 }).set(other, { n: 1 }).commit();
    const seen = await db.runTransaction(
      async (transaction) => {
        const first = await transaction.get(one);
        await db.batch().set(one, { n: 2 }).set(other, { n: 2 }).commit();
        await other.delete();
        const second = await transaction.get(other);
        const queried = await transaction.get(db.collection("moment").orderBy("n"));
        return [first.get("n"), second.get("n"), ...queried.docs.map((doc) => doc.get("n"))];
      },
      { readOnly: true },
    );
    assert.deepEqual(seen, [1, 1, 1, 1]);
    assert.deepEqual([(await one.get()).get("n"), (await other.get()).exists], [2, false]);
  });
});

async function times<Value>(count: number, run: (n: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, async (_, n) => run(n)));
}

/** A function whose promises resolve once it has been called `count` times; later calls resolve at once. */
function buildBarrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls === count) resolve();
    await promise;
  };
}

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { AggregateField, FieldPath, type Firestore, type Query } from "firebase-admin/firestore";

import { startTestDatabase, type TestDatabase } from "./test-database.ts";

const most = Number.MAX_SAFE_INTEGER;

/** The values of a field, with their sum and average. */
const sums: Record<string, [values: unknown[], sum: number, average: number | null]> = {
  integers: [[1, 2, 3], 6, 2],
  fractions: [[0.5, 0.25], 0.75, 0.375],
  "NaN, which makes the result NaN": [[1, Number.NaN], Number.NaN, Number.NaN],
  infinity: [[1, Infinity], Infinity, Infinity],
  "both infinities": [[Infinity, -Infinity], Number.NaN, Number.NaN],
  "integers beyond 2^53": [[most, most, 5], 2 * most + 5, 6_004_799_503_160_663],
  "doubles beyond 64 bits": [[1e19, 1e19], 2e19, 1e19],
  "doubles beyond doubles": [[Number.MAX_VALUE, Number.MAX_VALUE], Infinity, Infinity],
  "a small number between two large ones": [[1e300, 1, -1e300], 1, 1 / 3],
  "text, which is ignored": [["a", "b"], 0, null],
  "null and a boolean, which are ignored": [[null, 1, true], 1, 1],
  nothing: [[], 0, null],
};

describe("aggregations", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
  });
  after(async () => database.close());

  for (const [what, [values, sum, average]] of Object.entries(sums)) {
    it(`sum up ${what}`, async () => {
      const collection = db.collection(`sums/of/${what.replaceAll(/\W/g, "-")}`);
      const batch = db.batch();
      for (const value of values) batch.set(collection.doc(), { value });
      batch.set(collection.doc(), { other: 5 });
      await batch.commit();
      const asked = { sum: AggregateField.sum("value"), average: AggregateField.average("value") };
      assert.deepEqual((await collection.aggregate(asked).get()).data(), { sum, average });
    });
  }

  it("over several fields cover only the documents that have all of them", async () => {
    const collection = db.collection("several");
    const documents = [{ x: 1, y: 1 }, { x: 2, y: 2 }, { x: 4 }, { y: 8 }, { x: 16, y: "no number" }];
    await Promise.all(documents.map(async (data) => collection.add(data)));
    const asked = {
      count: AggregateField.count(),
      sum: AggregateField.sum("x"),
      average: AggregateField.average(new FieldPath("y")),
    };
    assert.deepEqual((await collection.aggregate(asked).get()).data(), { count: 3, sum: 19, average: 1.5 });
    assert.equal((await collection.count().get()).data().count, 5);
    const limited = await collection.orderBy("x", "desc").limit(2).aggregate(asked).get();
    assert.deepEqual(limited.data(), { count: 2, sum: 18, average: 2 });
  });

  it("read the same documents as the query: an inequality's field comes first in the order", async () => {
    const orders = db.collection("orders");
    await Promise.all([0, 1, 2, 3].map(async (price) => orders.add({ price, amount: 100 - price, zone: 100 - price })));
    const sum = async (query: Query) => {
      const result = await query
        .limit(2)
        .aggregate({ sum: AggregateField.sum("amount") })
        .get();
      return result.data().sum;
    };
    assert.equal(await sum(orders.where("price", ">", 0)), 99 + 98);
    assert.equal(await sum(orders.where("price", "!=", 1)), 100 + 98);
    assert.equal(await sum(orders.where("zone", ">", 0)), 97 + 98);
    assert.equal(await sum(orders), 97 + 98);
  });

  it("work on fields of maps, and on names that JavaScript's objects have themselves", async () => {
    const collection = db.collection("nested");
    await collection.add({ m: { k: 2, "x.y": 3 } });
    const asked = {
      nested: AggregateField.sum("m.k"),
      dotted: AggregateField.sum(new FieldPath("m", "x.y")),
    };
    assert.deepEqual((await collection.aggregate(asked).get()).data(), { nested: 2, dotted: 3 });
    const own = await collection.aggregate({ own: AggregateField.sum("constructor") }).get();
    assert.equal(own.data().own, 0);
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { FieldValue, GeoPoint, Timestamp, type DocumentReference, type Firestore } from "firebase-admin/firestore";

import { startTestDatabase, type TestDatabase } from "./test-database.ts";

describe("field transforms", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
  });
  after(async () => database.close());

  const read = async (doc: DocumentReference) => (await doc.get()).data();

  const values: Record<string, (client: Firestore) => unknown> = {
    "a timestamp": () => new Timestamp(5, 0),
    "a geopoint": () => new GeoPoint(1, 2),
    bytes: () => Buffer.from("ab"),
    "a vector": () => FieldValue.vector([1.5, 2]),
    "an array": () => [1, 2],
    text: () => "text",
    null: () => null,
    "a reference": (client) => client.doc("a/b"),
  };
  const transforms: [string, () => FieldValue | number, unknown][] = [
    ["increment", () => FieldValue.increment(2), 2],
    ["arrayUnion", () => FieldValue.arrayUnion(1, 9), [1, 9]],
    ["arrayRemove", () => FieldValue.arrayRemove(1), []],
    ["a value", () => 7, 7],
  ];
  for (const [what, build] of Object.entries(values)) {
    it(`replace ${what} with a map when their path goes through it`, async () => {
      for (const [name, transform, expected] of transforms) {
        const [updated, merged] = [db.collection("places").doc(), db.collection("places").doc()];
        await Promise.all([updated.set({ e: build(db), o: 1 }), merged.set({ e: build(db), o: 1 })]);
        await updated.update({ "e.f.g": transform() });
        await merged.set({ e: { f: { g: transform() } } }, { merge: true });
        const wanted = { e: { f: { g: expected } }, o: 1 };
        assert.deepEqual([await read(updated), await read(merged)], [wanted, wanted], name);
      }
      const doc = db.collection("places").doc();
      await doc.set({ e: build(db) });
      await doc.update({ "e.f": FieldValue.serverTimestamp() });
      assert.ok((await doc.get()).get("e.f") instanceof Timestamp);
    });
  }

  it("apply to the value that the same write has set, not to the one before", async () => {
    const doc = db.doc("transformed/set");
    await doc.set({ n: 5, list: [1], other: true });
    await doc.set({ n: FieldValue.increment(1), list: FieldValue.arrayUnion(2) });
    assert.deepEqual(await read(doc), { n: 1, list: [2] });
  });

  it("add up over the writes of a batch", async () => {
    const doc = db.doc("transformed/batch");
    await doc.set({ n: 1 });
    await db
      .batch()
      .update(doc, { n: FieldValue.increment(1) })
      .update(doc, { n: FieldValue.increment(5) })
      .commit();
    assert.deepEqual(await read(doc), { n: 7 });
  });

  it("compare elements as Firestore does", async () => {
    const doc = db.doc("transformed/elements");
    const elements = [Number.NaN, 0, { a: 1 }, null, new Timestamp(1, 0)];
    await doc.set({ union: elements, rest: elements });
    const same = [Number.NaN, -0, { a: 1 }, null, new Timestamp(1, 0)];
    await doc.update({ union: FieldValue.arrayUnion(...same), rest: FieldValue.arrayRemove(...same) });
    assert.deepEqual(await read(doc), { union: elements, rest: [] });
  });

  it("leave no map behind when the field to remove is missing", async () => {
    const doc = db.doc("transformed/removed");
    await doc.set({ a: { b: 1 } });
    await doc.update({ "x.y": FieldValue.delete(), "a.b": FieldValue.delete() });
    assert.deepEqual(await read(doc), { a: {} });
  });

  it("refuse field names that Firestore reserves", async () => {
    const doc = db.doc("transformed/reserved");
    await assert.rejects(doc.set({ m: { __x__: 1 } }), { code: 3 });
    await assert.rejects(doc.set({ m: FieldValue.increment(1), ["x".repeat(1501)]: 1 }), { code: 3 });
  });
});

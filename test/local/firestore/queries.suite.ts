import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { AggregateField, FieldPath, Filter, type Firestore, type Query } from "firebase-admin/firestore";

import { startTestDatabase, type TestDatabase } from "./test-database.ts";

const devices = {
  a: { n: 1, extens: ["070", "071"], platform: "ios", seen: null },
  b: { n: 2, seen: 5, extens: ["071"], platform: "android" },
  c: { n: 3, extens: [], platform: "ios", deep: { x: 1 } },
  d: { n: 3.5, extens: ["072", "070"], platform: "web", deep: { x: 2 } },
  e: { n: "text", platform: "android" },
  f: { extens: "070" },
};

describe("queries", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
    await Promise.all(Object.entries(devices).map(async ([id, data]) => db.doc(`devices/${id}`).set(data)));
    await db.doc("users/u1/devices/g").set({ n: 10, extens: ["070"] });
    await db.doc("users/u2/devices/h").set({ n: 11 });
  });
  after(async () => database.close());

  const thirty = Array.from({ length: 30 }, (_, n) => `no-${n}`);
  const filters: [string, (all: Query) => Query, string[]][] = [
    ["everything in the order of ids", (all) => all, ["a", "b", "c", "d", "e", "f"]],
    ["equality", (all) => all.where("platform", "==", "ios"), ["a", "c"]],
    ["equality with null", (all) => all.where("seen", "==", null), ["a"]],
    ["equality of nested fields", (all) => all.where("deep.x", "==", 2), ["d"]],
    ["inequality, without documents that lack the field", (all) => all.where("platform", "!=", "ios"), ["b", "e", "d"]],
    ["inequality, without null", (all) => all.where("seen", "!=", 7), ["b"]],
    ["in", (all) => all.where("platform", "in", ["web", "android"]), ["b", "d", "e"]],
    ["not-in", (all) => all.where("platform", "not-in", ["web", "android"]), ["a", "c"]],
    ["array-contains, in arrays only", (all) => all.where("extens", "array-contains", "070"), ["a", "d"]],
    [
      "array-contains-any, each once",
      (all) => all.where("extens", "array-contains-any", ["070", "071"]),
      ["a", "b", "d"],
    ],
    ["ranges, of one type, in order", (all) => all.where("n", ">", 1).where("n", "<=", 3.5), ["b", "c", "d"]],
    ["two conditions", (all) => all.where("platform", "==", "ios").where("n", ">=", 2), ["c"]],
    ["a range in another order", (all) => all.where("n", ">", 1).orderBy("platform"), ["b", "c", "d"]],
    [
      "array-contains-any of 30",
      (all) => all.where("extens", "array-contains-any", [...thirty.slice(1), "072"]),
      ["d"],
    ],
    ["in of 30", (all) => all.where("platform", "in", [...thirty.slice(1), "web"]), ["d"]],
    [
      "two ins, up to 30 disjunctions",
      (all) => all.where("n", "in", [1, 2]).where("platform", "in", ["ios", 7]),
      ["a"],
    ],
    ["ranges over several fields", (all) => all.where("n", ">", 1).where("deep.x", ">", 1), ["d"]],
    [
      "or",
      (all) => all.where(Filter.or(Filter.where("n", "==", 1), Filter.where("platform", "==", "web"))),
      ["a", "d"],
    ],
    [
      "order, numbers before text, without documents that lack the field",
      (all) => all.orderBy("n"),
      ["a", "b", "c", "d", "e"],
    ],
    ["descending order", (all) => all.orderBy("n", "desc"), ["e", "d", "c", "b", "a"]],
    ["two orders", (all) => all.orderBy("platform").orderBy("n", "desc"), ["e", "b", "c", "a", "d"]],
    ["order by id", (all) => all.orderBy(FieldPath.documentId()).limit(2), ["a", "b"]],
    [
      "order by id, backwards besides an equality",
      (all) => all.where("platform", "==", "ios").orderBy(FieldPath.documentId(), "desc"),
      ["c", "a"],
    ],
    ["ids", (all) => all.where(FieldPath.documentId(), "in", ["b", "f", "none"]), ["b", "f"]],
    ["ranges of ids", (all) => all.where(FieldPath.documentId(), ">", "d"), ["e", "f"]],
    ["limit and offset", (all) => all.orderBy("n").offset(1).limit(2), ["b", "c"]],
    ["limitToLast", (all) => all.orderBy("n").limitToLast(2), ["d", "e"]],
    ["startAfter a value", (all) => all.orderBy("n").startAfter(2), ["c", "d", "e"]],
    ["startAt and endBefore", (all) => all.orderBy("n").startAt(2).endBefore(3.5), ["b", "c"]],
    ["startAfter an id", (all) => all.orderBy(FieldPath.documentId()).startAfter("c").limit(2), ["d", "e"]],
  ];
  for (const [name, build, expected] of filters) {
    it(`answer ${name}`, async () => {
      const { docs } = await build(db.collection("devices")).get();
      assert.deepEqual(
        docs.map(({ id }) => id),
        expected,
      );
    });
  }

  it("go on after a document, page by page, to the end", async () => {
    const pages: string[][] = [];
    let query = db.collection("devices").orderBy("platform").limit(2);
    for (;;) {
      const { docs } = await query.get();
      const last = docs.at(-1);
      if (last === undefined) break;
      pages.push(docs.map(({ id }) => id));
      query = query.startAfter(last);
    }
    assert.deepEqual(pages, [["b", "e"], ["a", "c"], ["d"]]);
  });

  it("return the selected fields only, or none", async () => {
    const selected = await db.collection("devices").where("n", "==", 1).select("platform").get();
    assert.deepEqual(selected.docs[0]?.data(), { platform: "ios" });
    const none = await db.collection("devices").where("n", "==", 1).select().get();
    assert.deepEqual(none.docs[0]?.data(), {});
  });

  it("count, sum and average", async () => {
    const query = db.collection("devices").where("n", "<", 100);
    assert.equal((await query.count().get()).data().count, 4);
    const { sum, average } = (
      await query.aggregate({ sum: AggregateField.sum("n"), average: AggregateField.average("n") }).get()
    ).data();
    assert.deepEqual([sum, average], [9.5, 2.375]);
  });

  it("cover all collections of a name as a collection group", async () => {
    const { docs } = await db.collectionGroup("devices").where("extens", "array-contains", "070").get();
    assert.deepEqual(
      docs.map(({ ref }) => ref.path),
      ["devices/a", "devices/d", "users/u1/devices/g"],
    );
    assert.equal((await db.collectionGroup("devices").count().get()).data().count, 8);
  });

  it("return nothing for a missing collection", async () => {
    assert.equal((await db.collection("nowhere").get()).size, 0);
  });

  const refused: [string, (all: Query) => Query][] = [
    ["31 disjunctions", (all) => all.where("n", "in", [...thirty, "more"])],
    ["an empty in", (all) => all.where("n", "in", [])],
    ["two array-contains", (all) => all.where("extens", "array-contains", "070").where("x", "array-contains", "y")],
    ["not-in with !=", (all) => all.where("n", "not-in", [1]).where("platform", "!=", "ios")],
    ["an order with a field twice", (all) => all.orderBy("n").orderBy("n", "desc")],
    ["an order with a field after the id", (all) => all.orderBy(FieldPath.documentId()).orderBy("n")],
    ["not-in of more than 10", (all) => all.where("n", "not-in", thirty.slice(0, 11))],
  ];
  for (const [name, build] of refused) {
    it(`refuse ${name} at once, with INVALID_ARGUMENT`, async () => {
      await assert.rejects(build(db.collection("devices")).get(), { code: 3 });
    });
  }

  it("refuse all documents by id backwards, because Firestore would need an index for it", async () => {
    const backwards = db.collection("devices").orderBy(FieldPath.documentId(), "desc");
    await assert.rejects(backwards.get(), { code: 9 });
  });

  it("see writes that finished just before", async () => {
    const doc = db.doc("fresh/a");
    for (const n of [1, 2, 3]) {
      await doc.set({ n });
      assert.equal((await db.collection("fresh").where("n", "==", n).get()).size, 1);
    }
    await doc.delete();
    assert.equal((await db.collection("fresh").get()).size, 0);
  });
});

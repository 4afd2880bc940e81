import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  FieldPath,
  FieldValue,
  Filter,
  GeoPoint,
  Timestamp,
  type Firestore,
  type Query,
} from "firebase-admin/firestore";

import { startTestDatabase, type TestDatabase } from "./test-database.ts";

const name = FieldPath.documentId();
// Sorted by their bytes in UTF-8; JavaScript sorts 😀 before Ｐ.
const texts = ["", "A", "a", "a\u0000", "aa", "b", "é", "\ud7ff", "Ｐ", "\uffff", "😀", "\u{10ffff}"];
const ids = ["__id-3__", "__id9__", "__id10__", ".a", "..b", "1", "B", "a\tb", "Ｐ", "😀"];

/** Values of each kind, some of each size, in Firestore's order. */
const all: unknown[] = [
  null,
  false,
  true,
  Number.NaN,
  -Infinity,
  -1,
  0,
  1.5,
  2 ** 60,
  new Timestamp(1, 0),
  new Timestamp(1, 5000),
  "Ｐ",
  "😀",
  Buffer.from([1]),
  Buffer.from([1, 2]),
  Buffer.from([255]),
  new GeoPoint(-1, 9),
  new GeoPoint(1, 2),
  [],
  [null],
  [1],
  [1, 2],
  ["Ｐ"],
  ["😀"],
  FieldValue.vector([1.5]),
  FieldValue.vector([0.5, 9]),
  FieldValue.vector([1, 2]),
  {},
  { a: 1 },
  { a: 1, b: 1 },
  { a: 2 },
  { b: 0 },
  { Ｐ: 0 },
  { "😀": 0 },
];
const at = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

describe("Firestore's order", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
    const batch = db.batch();
    for (const text of texts) batch.set(db.collection("texts").doc(), { text });
    for (const id of ids) batch.set(db.collection("ids").doc(id), { a: 1 });
    for (const [n, value] of all.entries()) batch.set(db.collection("all").doc(), { n, value });
    batch.set(db.collection("all").doc("without"), { n: 99 });
    await batch.commit();
  });
  after(async () => database.close());

  const numbersOf = async (query: Query) => (await query.get()).docs.map((doc) => doc.get("n"));
  const idsOf = async (query: Query) => (await query.get()).docs.map(({ id }) => id);

  it("sorts text by UTF-8, up, down, after a cursor and in ranges", async () => {
    const query = db.collection("texts").orderBy("text");
    const textsOf = async (asked: Query) => (await asked.get()).docs.map((doc) => doc.get("text"));
    assert.deepEqual(await textsOf(query), texts);
    assert.deepEqual(await textsOf(db.collection("texts").orderBy("text", "desc")), texts.toReversed());
    assert.deepEqual(await textsOf(query.startAfter("Ｐ")), texts.slice(9));
    assert.deepEqual(await textsOf(query.where("text", ">=", "\uffff")), texts.slice(9));
  });

  it("is the same for a listener", async () => {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const query = db.collection("texts").orderBy("text");
    const stop = query.onSnapshot(({ docs }) => resolve(docs.map((doc) => doc.get("text"))), reject);
    assert.deepEqual(await promise, texts);
    stop();
  });

  it("sorts numeric ids first, and supports ids with any character", async () => {
    const collection = db.collection("ids");
    assert.deepEqual(
      await idsOf(collection),
      ids.toSorted((a, b) => orderOf(a) - orderOf(b)),
    );
    assert.deepEqual(
      (await collection.listDocuments()).map(({ id }) => id),
      await idsOf(collection),
    );
    assert.deepEqual(await idsOf(collection.orderBy(name).startAfter("__id9__").limit(1)), ["__id10__"]);
  });

  it("is total over values of all kinds", async () => {
    assert.deepEqual(await numbersOf(db.collection("all").orderBy("value")), at(0, all.length));
    assert.deepEqual(await numbersOf(db.collection("all").orderBy("value", "desc")), at(0, all.length).toReversed());
  });

  const filters: [string, (query: Query) => Query, number[]][] = [
    ["!= null", (query) => query.where("value", "!=", null), at(1, all.length)],
    ["!= NaN", (query) => query.where("value", "!=", Number.NaN), at(1, all.length).filter((n) => n !== 3)],
    ["not-in with null", (query) => query.where("value", "not-in", [1, null]), []],
    ["not-in with NaN, which it ignores", (query) => query.where("value", "not-in", [Number.NaN]), at(1, all.length)],
    ["in with null and NaN, which it ignores", (query) => query.where("value", "in", [null, Number.NaN, 1.5]), [7]],
    ["array-contains-any with null", (query) => query.where("value", "array-contains-any", [null, 1]), [20, 21]],
    ["<= false, of booleans alone", (query) => query.where("value", "<=", false), [1]],
    ["< 0, of numbers that are some", (query) => query.where("value", "<", 0), [4, 5]],
    ["> an array, which matches only arrays", (query) => query.where("value", ">", [1]), [21, 22, 23]],
    [">= a vector", (query) => query.where("value", ">=", FieldValue.vector([0.5, 9])), [25, 26]],
    ["> a map", (query) => query.where("value", ">", { a: 1 }), at(29, all.length)],
    ["a range of text", (query) => query.where("value", ">", "Ｐ"), [12]],
  ];
  for (const [what, build, expected] of filters) {
    it(`is kept by ${what}`, async () => {
      const found = await numbersOf(build(db.collection("all")));
      assert.deepEqual(
        found.toSorted((a, b) => a - b),
        expected,
      );
    });
  }

  it("continues with the other inequality fields, by name, and then with the document's name", async () => {
    const grid = db.collection("grid");
    const batch = db.batch();
    for (const n of at(0, 8)) batch.set(grid.doc(`d${(n * 3) % 8}`), { a: n % 2, b: (n * 5) % 3, m: { k: 7 - n } });
    batch.set(grid.doc("without"), { a: 2 });
    await batch.commit();
    const query = grid.where("b", ">", -1);
    const expected: [Query, string][] = [
      [query.where("a", ">", -1), "d0 d2 d6 d4 d1 d7 d3 d5"],
      [query.where("a", ">", -1).where(name, ">", "a"), "d0 d2 d6 d4 d1 d7 d3 d5"],
      [query.where(name, ">", "a"), "d0 d1 d2 d6 d7 d3 d4 d5"],
      [query.where("a", ">", -1).orderBy("b", "desc"), "d5 d3 d4 d7 d6 d1 d2 d0"],
      [grid.where("a", "==", 1).where("b", ">=", 0).where("m.k", "<", 9), "d1 d7 d5 d3"],
      [grid.where(Filter.or(Filter.where("a", ">", 1), Filter.where("b", ">", 1))), "d4 d3 d5"],
    ];
    for (const [asked, order] of expected) assert.equal((await idsOf(asked)).join(" "), order);
  });

  const refused: [string, (query: Query) => Query][] = [
    ["two != inequalities", (query) => query.where("a", "!=", 1).where("a", "!=", 2)],
    [
      "inequalities of eleven fields",
      (query) => at(0, 11).reduce((one: Query, n) => one.where(`f${n}`, ">", 0), query),
    ],
    ["a value too long for an index", (query) => query.where("a", "==", "x".repeat(1501))],
  ];
  for (const [what, build] of refused) {
    it(`is refused for ${what}`, async () => {
      await assert.rejects(build(db.collection("all")).get(), { code: 3 });
    });
  }
});

/** The sort key of an id: numbers first, then by the bytes, of which `.` is the smallest here. */
function orderOf(id: string): number {
  return ["__id-3__", "__id9__", "__id10__", "..b", ".a", "1", "B", "a\tb", "Ｐ", "😀"].indexOf(id);
}

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { FieldValue, GeoPoint, Timestamp, type Firestore } from "firebase-admin/firestore";

import { startTestDatabase, type TestDatabase } from "./test-database.ts";

const values: Record<string, unknown> = {
  "the empty string": "",
  "text beyond the basic plane": "🗓 한글 \u0000 \u{10ffff}",
  "an integer beyond 2^53 as a double": 2 ** 60,
  "the largest safe integer": Number.MAX_SAFE_INTEGER,
  "the smallest safe integer": Number.MIN_SAFE_INTEGER,
  zero: 0,
  "minus zero": -0,
  "a fraction": 0.1,
  "not a number": Number.NaN,
  infinity: Infinity,
  "minus infinity": -Infinity,
  true: true,
  false: false,
  null: null,
  "an empty array": [],
  "an empty map": {},
  "maps in arrays in maps": { list: [{ deep: { list: [1, { x: null }] } }, {}] },
  bytes: Buffer.from([0, 255, 1]),
  "no bytes": Buffer.alloc(0),
  "a timestamp with microseconds": new Timestamp(1_700_000_000, 123_456_000),
  "a timestamp before 1970": new Timestamp(-5, 999_999_000),
  "a geopoint": new GeoPoint(37.5, -126.9),
  "geopoint zero": new GeoPoint(0, 0),
  "a vector": FieldValue.vector([1, 0.5, -2]),
};

describe("values", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
  });
  after(async () => database.close());

  for (const [name, value] of Object.entries(values)) {
    it(`keep ${name}`, async () => {
      const doc = db.collection("values").doc();
      await doc.set({ value, nested: { list: [{ value }] } });
      assert.deepEqual((await doc.get()).data(), { value, nested: { list: [{ value }] } });
    });
  }

  it("keep references, as documents of the same project", async () => {
    const doc = db.doc("values/reference");
    const target = db.doc("targets/한글");
    await doc.set({ target });
    assert.ok((await doc.get()).get("target").isEqual(target));
  });

  it("keep timestamps to the microsecond, as Firestore does", async () => {
    const doc = db.doc("values/nanos");
    await doc.set({ at: new Timestamp(1, 123_456_789) });
    assert.equal((await doc.get()).get("at").nanoseconds, 123_456_000);
  });

  const farTimes: [seconds: number, nanos: number][] = [
    [-62_135_596_800, 1_000],
    [-20_000_000_000, 123_457_000],
    [9_007_199_254, 740_993_000],
    [20_000_000_000, 123_457_000],
    [253_402_300_799, 999_999_999],
  ];
  for (const [seconds, nanos] of farTimes) {
    it(`keep and find the timestamp ${seconds} s ${nanos} ns exactly, to the microsecond`, async () => {
      const doc = db.doc(`times/${seconds}`);
      const cut = nanos - (nanos % 1000);
      await doc.set({ at: new Timestamp(seconds, nanos) });
      assert.deepEqual((await doc.get()).get("at"), new Timestamp(seconds, cut));
      const find = async (at: Timestamp) => (await doc.parent.where("at", "==", at).get()).size;
      assert.equal(await find(new Timestamp(seconds, cut)), 1);
      assert.equal(await find(new Timestamp(seconds, cut - 1000)), 0);
    });
  }

  it("keep a document of 900 KB, and refuse one of more than 1 MiB", async () => {
    const doc = db.doc("values/large");
    const large = Object.fromEntries(Array.from({ length: 9000 }, (_, n) => [`device-${n}`, "x".repeat(88)]));
    await doc.set({ large });
    assert.deepEqual((await doc.get()).get("large"), large);
    await assert.rejects(doc.set({ text: "x".repeat(1_100_000) }), { code: 3 });
  });

  it("keep integers of 64 bits, and the sum of two, exactly", async () => {
    const doc = database.connect().doc("values/long");
    doc.firestore.settings({ useBigInt: true });
    await doc.set({ n: 2n ** 62n + 1n, most: 2n ** 63n - 1n });
    await doc.update({ n: FieldValue.increment(2), most: FieldValue.increment(2) });
    assert.deepEqual((await doc.get()).data(), { n: 2n ** 62n + 3n, most: 2n ** 63n - 1n });
    assert.equal((await doc.parent.where("n", ">", 2n ** 62n + 2n).get()).size, 1);
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { FieldPath, FieldValue, Timestamp, type Firestore } from "firebase-admin/firestore";

import { startTestDatabase, type TestDatabase } from "./test-database.ts";

describe("documents", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
  });
  after(async () => database.close());

  it("are read as they were written, with the time of the write", async () => {
    const doc = db.doc("cities/seoul");
    const { writeTime } = await doc.set({ name: "서울" });
    const read = await doc.get();
    assert.deepEqual(read.data(), { name: "서울" });
    assert.ok(read.updateTime?.isEqual(writeTime));
    assert.ok(Math.abs(writeTime.toMillis() - Date.now()) < 5000);
  });

  it("that are missing read as missing", async () => {
    assert.equal((await db.doc("cities/none").get()).exists, false);
  });

  it("are deleted, and deleting twice is no error", async () => {
    const doc = db.doc("cities/gone");
    await doc.set({ a: 1 });
    await doc.delete();
    await doc.delete();
    assert.equal((await doc.get()).exists, false);
  });

  it("get unique ids from add()", async () => {
    const [one, other] = await Promise.all([
      db.collection("added").add({ a: 1 }),
      db.collection("added").add({ a: 2 }),
    ]);
    assert.notEqual(one.id, other.id);
    assert.deepEqual((await other.get()).data(), { a: 2 });
  });

  it("are read together by getAll, in the order of the arguments, cut to a field mask", async () => {
    await db.doc("all/a").set({ n: 1, secret: true });
    await db.doc("all/b").set({ n: 2, deep: { x: 1, y: 2 } });
    const refs = [db.doc("all/b"), db.doc("all/none"), db.doc("all/a")];
    const read = await db.getAll(...refs);
    assert.deepEqual(
      read.map((snapshot) => snapshot.get("n")),
      [2, undefined, 1],
    );
    const masked = await db.getAll(db.doc("all/a"), db.doc("all/b"), { fieldMask: ["n", "deep.y"] });
    assert.deepEqual(
      masked.map((snapshot) => snapshot.data()),
      [{ n: 1 }, { n: 2, deep: { y: 2 } }],
    );
  });

  it("refuse create() when they exist, with ALREADY_EXISTS and their name", async () => {
    const doc = db.doc("created/once");
    await doc.create({ n: 1 });
    await assert.rejects(doc.create({ n: 2 }), { code: 6, message: /^6 ALREADY_EXISTS: .*created\/once/ });
    assert.equal((await doc.get()).get("n"), 1);
  });

  it("let exactly one of many concurrent create() calls win", async () => {
    const doc = db.doc("created/raced");
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async (_, n) => doc.create({ n })));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  });

  it("refuse update() when they are missing, with NOT_FOUND", async () => {
    await assert.rejects(db.doc("updated/none").update({ n: 1 }), { code: 5 });
    await assert.rejects(db.doc("updated/none").delete({ exists: true }), { code: 5 });
  });

  it("refuse a write with an old lastUpdateTime, with FAILED_PRECONDITION, and accept one with the current", async () => {
    const doc = db.doc("updated/guarded");
    const first = await doc.set({ n: 1 });
    const second = await doc.set({ n: 2 });
    assert.ok(second.writeTime > first.writeTime);
    await assert.rejects(doc.update({ n: 3 }, { lastUpdateTime: first.writeTime }), { code: 9 });
    await assert.rejects(doc.delete({ lastUpdateTime: first.writeTime }), { code: 9 });
    await doc.update({ n: 4 }, { lastUpdateTime: second.writeTime });
    assert.equal((await doc.get()).get("n"), 4);
  });

  it("get a new update time from each write, however fast the writes come", async () => {
    const doc = db.doc("updated/fast");
    const writes = await Promise.all(Array.from({ length: 50 }, async (_, n) => doc.set({ n })));
    assert.equal(new Set(writes.map(({ writeTime }) => writeTime.valueOf())).size, 50);
  });

  it("keep their update time when a write changes nothing", async () => {
    const doc = db.doc("updated/same");
    const first = await doc.set({ n: 1 });
    const again = await doc.set({ n: 1 });
    assert.ok(again.writeTime.isEqual(first.writeTime));
    await doc.update({ n: 2 }, { lastUpdateTime: again.writeTime });
  });

  it("keep the fields that set(merge) does not name", async () => {
    const doc = db.doc("merged/a");
    await doc.set({ kept: 1, deep: { kept: 2, replaced: 3 }, list: [1, 2] });
    await doc.set({ deep: { replaced: 4, added: 5 }, list: [3], dropped: FieldValue.delete() }, { merge: true });
    assert.deepEqual((await doc.get()).data(), { kept: 1, deep: { kept: 2, replaced: 4, added: 5 }, list: [3] });
    await doc.set({ kept: 9, deep: { kept: 9, added: 9 } }, { mergeFields: ["deep.added"] });
    assert.deepEqual((await doc.get()).data(), { kept: 1, deep: { kept: 2, replaced: 4, added: 9 }, list: [3] });
    await db.doc("merged/new").set({ a: { b: 1 } }, { merge: true });
    assert.deepEqual((await db.doc("merged/new").get()).data(), { a: { b: 1 } });
  });

  it("accept keys with any character through FieldPath, set-merge and update", async () => {
    const doc = db.doc("keys/odd");
    const keys = ["+82*#", "`", "a.b", "한글", "back\\slash", "with space", "0", "~/[]"];
    for (const key of keys) {
      await doc.set({ extens: { [key]: { state: "set" } } }, { merge: true });
      await doc.update(new FieldPath("extens", key, "more"), key);
    }
    const expected = Object.fromEntries(keys.map((key) => [key, { state: "set", more: key }]));
    assert.deepEqual((await doc.get()).get("extens"), expected);
    await doc.update(
      ...(keys.slice(1).flatMap((key) => [new FieldPath("extens", key), FieldValue.delete()]) as [
        FieldPath,
        FieldValue,
      ]),
    );
    assert.deepEqual((await doc.get()).get("extens"), { "+82*#": { state: "set", more: "+82*#" } });
  });

  it("apply field transforms on the server", async () => {
    const doc = db.doc("transformed/a");
    await doc.set({ n: 1, list: [1, 2], gone: true, half: 0.5 });
    await doc.update({
      n: FieldValue.increment(41),
      half: FieldValue.increment(1),
      fresh: FieldValue.increment(7),
      "deep.at": FieldValue.serverTimestamp(),
      list: FieldValue.arrayUnion(2, 3),
      gone: FieldValue.delete(),
    });
    const { deep, ...rest } = (await doc.get()).data() ?? {};
    assert.deepEqual(rest, { n: 42, half: 1.5, fresh: 7, list: [1, 2, 3] });
    assert.ok(deep.at instanceof Timestamp);
    await doc.set({ list: FieldValue.arrayRemove(1, 3) }, { merge: true });
    assert.deepEqual((await doc.get()).get("list"), [2]);
  });

  it("list their collections, and collections list their documents with missing ones between", async () => {
    await db.doc("tree/a/leaves/x").set({ n: 1 });
    await db.doc("tree/b").set({ n: 1 });
    const ids = async (list: Promise<{ id: string }[]>) => (await list).map(({ id }) => id);
    assert.deepEqual(await ids(db.doc("tree/a").listCollections()), ["leaves"]);
    assert.deepEqual(await ids(db.collection("tree").listDocuments()), ["a", "b"]);
    assert.ok((await ids(db.listCollections())).includes("tree"));
  });

  it("are removed with everything below them by recursiveDelete", async () => {
    await db.doc("rooted/a").set({ n: 1 });
    await db.doc("rooted/a/leaves/x").set({ n: 1 });
    await db.recursiveDelete(db.doc("rooted/a"));
    assert.deepEqual(await db.collection("rooted").listDocuments(), []);
  });
});

describe("batches of writes", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
  });
  after(async () => database.close());

  it("apply all writes at one time", async () => {
    const results = await db
      .batch()
      .set(db.doc("b/1"), { n: 1 })
      .set(db.doc("b/2"), { n: 2 })
      .delete(db.doc("b/3"))
      .commit();
    assert.equal(results.length, 3);
    const [one, two] = await db.getAll(db.doc("b/1"), db.doc("b/2"));
    assert.ok(one?.updateTime?.isEqual(two?.updateTime ?? Timestamp.now()));
  });

  it("apply nothing when one write fails", async () => {
    await db.doc("b/taken").set({ n: 1 });
    const batch = db.batch().set(db.doc("b/fresh"), { n: 1 }).create(db.doc("b/taken"), { n: 2 });
    await assert.rejects(batch.commit(), { code: 6 });
    assert.equal((await db.doc("b/fresh").get()).exists, false);
  });

  it("let bulkWriter's other writes through when one of them fails", async () => {
    await db.doc("bulk/7").set({ taken: true });
    const writer = db.bulkWriter();
    const outcomes = Array.from({ length: 40 }, async (_, n) => writer.create(db.doc(`bulk/${n}`), { n }));
    const [settled] = await Promise.all([Promise.allSettled(outcomes), writer.close()]);
    const failed = settled.flatMap((outcome, n) => (outcome.status === "rejected" ? [[n, outcome.reason.code]] : []));
    assert.deepEqual(failed, [[7, 6]]);
    assert.equal((await db.collection("bulk").count().get()).data().count, 40);
  });
});

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";

import type * as AdminFirestore from "firebase-admin/firestore";
import type { Firestore } from "firebase-admin/firestore";

import { startFirestoreServer } from "../../../local/firestore/server.ts";
import { official, skipOnOfficial, startTestDatabase, type TestDatabase } from "./test-database.ts";

describe("the Firestore server", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
  });
  after(async () => database.close());

  it(
    "keeps projects apart, whatever their names, and creates them on first use",
    skipOnOfficial("it checks names"),
    async () => {
      const [one, other] = [database.connect("demo-pbx-push"), database.connect(`Odd_name ${"x".repeat(60)}`)];
      await one.doc("a/b").set({ of: "one" });
      assert.equal((await other.doc("a/b").get()).exists, false);
      await other.doc("a/b").set({ of: "other" });
      assert.equal((await one.doc("a/b").get()).get("of"), "one");
    },
  );

  it("serves the functions' own copy of the SDK", async () => {
    const requireFrom = createRequire(new URL("../../../functions/package.json", import.meta.url));
    const sdk: typeof AdminFirestore = requireFrom("firebase-admin/firestore");
    assert.notEqual(sdk.Firestore, db.constructor);
    const client = database.connect("functions-copy", sdk.Firestore);
    const doc = client.doc("a/b");
    await doc.create({ at: sdk.FieldValue.serverTimestamp(), n: sdk.FieldValue.increment(2) });
    const n = await client.runTransaction(async (transaction) => {
      const read = await transaction.get(doc);
      transaction.update(doc, { n: read.get("n") + 1 });
      return read.get("n");
    });
    assert.equal(n, 2);
    assert.equal((await client.collection("a").where("n", "==", 3).get()).size, 1);
  });

  it("names the RPC that it does not implement", async () => {
    const partitions = db.collectionGroup("devices").getPartitions(3);
    await assert.rejects(Array.fromAsync(partitions), {
      code: 12,
      message: /google\.firestore\.v1\.Firestore.PartitionQuery/,
    });
  });

  it("takes its time from the given clock", skipOnOfficial("it has no clock to set"), async () => {
    let now = Date.parse("2030-01-01T00:00:00Z");
    const future = await startTestDatabase(() => now);
    const doc = future.db.doc("a/b");
    const first = await doc.set({ n: 1 });
    assert.equal(first.writeTime.toMillis(), now);
    now += 60_000;
    const second = await doc.set({ n: 2 });
    assert.equal(second.writeTime.toMillis(), now);
    await future.close();
  });

  it("removes one project's documents on reset, or all", skipOnOfficial("it clears over HTTP only"), async () => {
    const [one, other] = [database.connect("reset-one"), database.connect("reset-other")];
    await Promise.all([one.doc("a/b").set({}), other.doc("a/b").set({})]);
    database.server.reset("reset-one");
    assert.deepEqual([(await one.doc("a/b").get()).exists, (await other.doc("a/b").get()).exists], [false, true]);
    database.server.reset();
    assert.equal((await other.doc("a/b").get()).exists, false);
  });

  it("supports the official emulator's HTTP requests to read and to clear", async () => {
    const base = `http://${database.server.host}`;
    const client = database.connect("over-http");
    await client.doc("a/b").set({});
    assert.equal(await (await fetch(base)).text(), "Ok\n");
    const path = "/emulator/v1/projects/over-http/databases/(default)/documents";
    assert.equal((await fetch(base + path, { method: "DELETE" })).status, 200);
    assert.equal((await client.doc("a/b").get()).exists, false);
    const rest = await fetch(`${base}/v1/projects/over-http/databases/(default)/documents/a/b`);
    assert.equal(rest.status, official === undefined ? 501 : 404);
  });

  it("names the port that is in use", skipOnOfficial("it is a program"), async () => {
    const { port } = database.server;
    await assert.rejects(startFirestoreServer({ port }), { message: new RegExp(`Port ${port} .* is in use`) });
  });

  it("closes at once although clients listen, and frees its port", skipOnOfficial("it is a program"), async () => {
    const closing = await startTestDatabase();
    const heard = Promise.withResolvers<unknown>();
    const stop = closing.db.doc("a/b").onSnapshot(heard.resolve, heard.reject);
    await heard.promise;
    const { port } = closing.server;
    await closing.server.close();
    await closing.server.close();
    const next = await startFirestoreServer({ port });
    await next.close();
    stop();
    await closing.close();
  });
});

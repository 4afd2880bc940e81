import assert from "node:assert/strict";
import { EventEmitter, on, once } from "node:events";
import { after, before, describe, it, type TestContext } from "node:test";

import { Client, credentials } from "@grpc/grpc-js";
import type { DocumentReference, DocumentSnapshot, Firestore, Query, QuerySnapshot } from "firebase-admin/firestore";

import { getMethod } from "./raw-methods.ts";
import { skipOnOfficial, startTestDatabase, type TestDatabase } from "./test-database.ts";

describe("listeners", () => {
  let database: TestDatabase;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    db = database.db;
  });
  after(async () => database.close());

  it("of a document see its current state, each change, its removal and its return", async (t) => {
    const doc = db.doc("watched/a");
    await doc.set({ n: 1 });
    const seen = listenTo(t, doc);
    assert.equal((await seen.next()).get("n"), 1);
    await doc.update({ n: 2 });
    assert.equal((await seen.next()).get("n"), 2);
    await doc.delete();
    assert.equal((await seen.next()).exists, false);
    await doc.create({ n: 3 });
    assert.equal((await seen.next()).get("n"), 3);
  });

  it("of a missing document see that it is missing, then its creation", async (t) => {
    const doc = db.doc("watched/later");
    const seen = listenTo(t, doc);
    assert.equal((await seen.next()).exists, false);
    await doc.set({ n: 1 });
    assert.equal((await seen.next()).get("n"), 1);
  });

  it("of a query see documents that begin to match, change, and cease to match, in order", async (t) => {
    const open = db.collection("calls").where("open", "==", true).orderBy("at");
    await db.doc("calls/a").set({ open: true, at: 2 });
    const seen = listenTo(t, open);
    assert.deepEqual(idsOf(await seen.next()), ["a"]);
    await db.doc("calls/b").set({ open: true, at: 1 });
    const second = await seen.next();
    assert.deepEqual(idsOf(second), ["b", "a"]);
    assert.deepEqual(changesOf(second), [["added", "b"]]);
    await db.doc("calls/a").update({ at: 0 });
    assert.deepEqual(changesOf(await seen.next()), [["modified", "a"]]);
    await db.doc("calls/a").update({ open: false });
    assert.deepEqual(changesOf(await seen.next()), [["removed", "a"]]);
    await db.doc("calls/b").delete();
    assert.deepEqual(idsOf(await seen.next()), []);
  });

  it("of a query with a limit see the next document move up", async (t) => {
    const top = db.collection("ranked").orderBy("n").limit(2);
    await Promise.all([1, 2, 3].map(async (n) => db.doc(`ranked/${n}`).set({ n })));
    const seen = listenTo(t, top);
    assert.deepEqual(idsOf(await seen.next()), ["1", "2"]);
    await db.doc("ranked/1").delete();
    assert.deepEqual(idsOf(await seen.next()), ["2", "3"]);
  });

  it("of a collection group see documents under any parent, and no others", async (t) => {
    const seen = listenTo(t, db.collectionGroup("shards"));
    assert.deepEqual(idsOf(await seen.next()), []);
    await db.doc("elsewhere/x").set({ n: 1 });
    await db.doc("runs/r1/shards/s1").set({ n: 1 });
    assert.deepEqual(idsOf(await seen.next()), ["s1"]);
  });

  it("see every document of one commit in one snapshot", async (t) => {
    const seen = listenTo(t, db.collection("atomic"));
    assert.deepEqual(idsOf(await seen.next()), []);
    await db.batch().set(db.doc("atomic/a"), {}).set(db.doc("atomic/b"), {}).commit();
    assert.deepEqual(idsOf(await seen.next()), ["a", "b"]);
  });

  it("see a change although other writes never pause", async (t) => {
    const doc = db.doc("busy/watched");
    const seen = listenTo(t, doc);
    await seen.next();
    const traffic = new AbortController();
    const writing = (async () => {
      for (let n = 0; !traffic.signal.aborted; n += 1) await db.doc(`busy/${n % 10}`).set({ n });
    })();
    await doc.set({ n: 1 });
    assert.equal((await seen.next()).get("n"), 1);
    traffic.abort();
    await writing;
  });

  it("that unsubscribe are removed from the server", skipOnOfficial("it does not tell how many listen"), async (t) => {
    await waitUntil(() => database.server.listeners() === 0);
    const all = Array.from({ length: 5 }, (_, n) => listenTo(t, db.doc(`freed/${n}`)));
    await Promise.all(all.map(async (seen) => seen.next()));
    assert.equal(database.server.listeners(), 5);
    for (const seen of all) seen.stop();
    await waitUntil(() => database.server.listeners() === 0);
  });

  it(
    "of a client that dies are removed from the server",
    skipOnOfficial("it does not tell how many listen"),
    async () => {
      await waitUntil(() => database.server.listeners() === 0);
      const client = new Client(database.server.host, credentials.createInsecure());
      const { path, requestSerialize, responseDeserialize } = getMethod("Listen");
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
      const root = "projects/dying/databases/(default)";
      stream.write({ database: root, addTarget: { documents: { documents: [`${root}/documents/a/b`] }, targetId: 1 } });
      await once(stream, "data");
      assert.equal(database.server.listeners(), 1);
      stream.on("error", () => undefined);
      client.close();
      stream.cancel();
      await waitUntil(() => database.server.listeners() === 0);
    },
  );

  it("see the documents go when the project is cleared, and later ones come", async (t) => {
    const client = database.connect("cleared");
    const doc = client.doc("cleared/a");
    await doc.set({ n: 1 });
    const seen = listenTo(t, doc);
    await seen.next();
    const path = "/emulator/v1/projects/cleared/databases/(default)/documents";
    await fetch(`http://${database.server.host}${path}`, { method: "DELETE" });
    assert.equal((await seen.next()).exists, false);
    await doc.set({ n: 2 });
    assert.equal((await seen.next()).get("n"), 2);
  });

  it("of a query that Firestore refuses get the error", async () => {
    const query = db.collection("calls").where("n", "in", []);
    await assert.rejects(
      new Promise((resolve, reject) => {
        query.onSnapshot(resolve, reject);
      }),
      /non-empty array/i,
    );
  });
});

/** The snapshots of a listener, one after the other. */
interface Snapshots<Snapshot> {
  next(): Promise<Snapshot>;
  stop(): void;
}

function listenTo(test: TestContext, target: DocumentReference): Snapshots<DocumentSnapshot>;
function listenTo(test: TestContext, target: Query): Snapshots<QuerySnapshot>;
function listenTo(test: TestContext, target: DocumentReference | Query): Snapshots<unknown> {
  const emitter = new EventEmitter();
  const snapshots = on(emitter, "snapshot");
  const push = (snapshot: unknown) => emitter.emit("snapshot", snapshot);
  const fail = (cause: Error) => emitter.emit("error", cause);
  const stop = "where" in target ? target.onSnapshot(push, fail) : target.onSnapshot(push, fail);
  test.after(stop);
  return {
    next: async () => (await snapshots.next()).value?.[0],
    stop,
  };
}

function idsOf(snapshot: QuerySnapshot): string[] {
  return snapshot.docs.map(({ id }) => id);
}

function changesOf(snapshot: QuerySnapshot): string[][] {
  return snapshot.docChanges().map(({ type, doc }) => [type, doc.id]);
}

/** Resolves when the condition holds; checks once in each turn of the event loop, for at most two seconds. */
async function waitUntil(condition: () => boolean): Promise<void> {
  const end = Date.now() + 2000;
  while (!condition()) {
    assert.ok(Date.now() < end, "the condition did not hold within two seconds");
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

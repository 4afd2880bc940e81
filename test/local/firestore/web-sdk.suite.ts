import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { deleteApp, initializeApp, type FirebaseApp } from "firebase/app";
import {
  collection,
  connectFirestoreEmulator,
  deleteDoc,
  deleteField,
  doc,
  getDoc,
  getDocs,
  getFirestore,
  increment,
  onSnapshot,
  orderBy,
  query,
  runTransaction,
  serverTimestamp,
  setDoc,
  setLogLevel,
  terminate,
  Timestamp,
  updateDoc,
  where,
  writeBatch,
  type DocumentSnapshot,
  type Firestore,
} from "firebase/firestore";

import { official, startTestDatabase, type TestDatabase } from "./test-database.ts";

// Otherwise each refused write prints a warning.
setLogLevel("silent");

describe("the web SDK, which writes on a stream", () => {
  let database: TestDatabase;
  let app: FirebaseApp;
  let db: Firestore;
  before(async () => {
    database = await startTestDatabase();
    app = initializeApp({ projectId: `demo-web-${process.pid}` }, "web");
    db = getFirestore(app);
    connectFirestoreEmulator(db, "127.0.0.1", database.server.port);
  });
  after(async () => {
    await terminate(db);
    await deleteApp(app);
    await database.close();
  });

  it("sets, updates and deletes a document", async () => {
    const ref = doc(db, "web/a");
    await setDoc(ref, { name: "홍길동", n: 1, gone: true });
    await updateDoc(ref, { n: increment(2), "deep.at": serverTimestamp(), gone: deleteField() });
    const { deep, ...rest } = (await getDoc(ref)).data() ?? {};
    assert.deepEqual(rest, { name: "홍길동", n: 3 });
    assert.ok(deep.at instanceof Timestamp);
    await deleteDoc(ref);
    assert.equal((await getDoc(ref)).exists(), false);
  });

  it("writes a batch whole or not at all, and goes on after a refusal", async () => {
    const [one, other] = [doc(db, "web/batch-1"), doc(db, "web/batch-2")];
    await writeBatch(db).set(one, { n: 1 }).set(other, { n: 2 }).commit();
    const refused = writeBatch(db).update(one, { n: 9 }).update(doc(db, "web/none"), { n: 9 });
    await assert.rejects(refused.commit(), { code: "not-found" });
    await updateDoc(other, { n: 3 });
    const found = await getDocs(query(collection(db, "web"), where("n", ">", 0), orderBy("n")));
    assert.deepEqual(
      found.docs.map((each) => each.data()),
      [{ n: 1 }, { n: 3 }],
    );
  });

  it("keeps the order of many writes without waiting between them", async () => {
    const ref = doc(db, "web/many");
    await Promise.all(Array.from({ length: 50 }, async (_, n) => setDoc(ref, { n })));
    assert.deepEqual((await getDoc(ref)).data(), { n: 49 });
  });

  it("sees its own write from the server, and another client's", async () => {
    const ref = doc(db, "web/seen");
    const admin = database.connect(app.options.projectId);
    const seen: DocumentSnapshot[] = [];
    let wake = () => undefined as void;
    const stop = onSnapshot(ref, { includeMetadataChanges: true }, (snapshot) => {
      seen.push(snapshot);
      wake();
    });
    const until = async (n: number | undefined) => {
      const isLast = (last?: DocumentSnapshot) =>
        last?.metadata.fromCache === false && !last.metadata.hasPendingWrites && last.get("n") === n;
      while (!isLast(seen.at(-1))) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    // The official emulator loses one change in four that is made while a listener starts.
    if (official !== undefined) await until(undefined);
    await setDoc(ref, { n: 1 });
    await until(1);
    await admin.doc("web/seen").update({ n: 2 });
    await until(2);
    stop();
  });

  it("runs a transaction", async () => {
    const ref = doc(db, "web/counter");
    await setDoc(ref, { n: 1 });
    const n = await runTransaction(db, async (transaction) => {
      const read = await transaction.get(ref);
      transaction.update(ref, { n: read.get("n") + 1 });
      return read.get("n");
    });
    assert.deepEqual([n, (await getDoc(ref)).get("n")], [1, 2]);
  });
});

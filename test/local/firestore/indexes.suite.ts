import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Firestore, type Query } from "firebase-admin/firestore";
import { deployedIndexes, type IndexConfig } from "../../../local/firestore/index-config.ts";
import { startFirestoreServer } from "../../../local/firestore/server.ts";
import { skipOnOfficial } from "./test-database.ts";

const indexes: IndexConfig = {
  indexes: [
    {
      collectionGroup: "calls",
      queryScope: "COLLECTION",
      fields: [
        { fieldPath: "uids", arrayConfig: "CONTAINS" },
        { fieldPath: "createdAt", order: "DESCENDING" },
      ],
    },
    {
      collectionGroup: "calls",
      queryScope: "COLLECTION",
      fields: [
        { fieldPath: "state", order: "ASCENDING" },
        { fieldPath: "year", order: "ASCENDING" },
        { fieldPath: "day", order: "DESCENDING" },
      ],
    },
  ],
  fieldOverrides: [
    { collectionGroup: "calls", fieldPath: "devices", indexes: [] },
    {
      collectionGroup: "calls",
      fieldPath: "failedAt",
      indexes: [{ order: "ASCENDING", queryScope: "COLLECTION_GROUP" }],
    },
  ],
};

const server = await startFirestoreServer({ indexes });
const auth = { getUniverseDomain: async () => "googleapis.com" };
const db = new Firestore({ projectId: "indexed", host: server.host, ssl: false, auth });
after(async () => {
  await db.terminate();
  await server.close();
});

const calls = db.collection("calls");
const group = db.collectionGroup("calls");

const served: Record<string, Query> = {
  "a query without conditions": calls,
  "one field compared": calls.where("any", ">", 1),
  "one field compared and sorted": calls.where("any", ">", 1).orderBy("any", "desc"),
  "one field compared from both sides": calls.where("any", ">", 1).where("any", "<", 9),
  "equalities on several fields": calls.where("one", "==", 1).where("other", "in", [1, 2]),
  "array-contains": calls.where("tags", "array-contains", "a"),
  "a sort by the document's name": calls.where("any", "==", 1).orderBy("__name__"),
  "a query with its own index": calls.where("uids", "array-contains", "u").orderBy("createdAt", "desc"),
  "an index read backwards": calls.where("uids", "array-contains", "u").orderBy("createdAt"),
  "all fields of an index in their order": calls.where("state", "==", 1).orderBy("year").orderBy("day", "desc"),
  "a collection group by a field that is indexed for groups": group.where("failedAt", ">", 1).orderBy("failedAt"),
};

const refused: Record<string, Query> = {
  "a comparison besides an equality": calls.where("one", "==", 1).where("other", "<", 2),
  "a sort besides an equality": calls.where("one", "==", 1).orderBy("other"),
  "an array besides an equality": calls.where("one", "==", 1).where("tags", "array-contains", "a"),
  "a field without an index": calls.where("devices", "==", 1),
  "a field of a map without an index": calls.where("devices.phone.state", "==", 1),
  "half of an index": calls.where("state", "==", 1).orderBy("year"),
  "an index with one direction reversed": calls.where("state", "==", 1).orderBy("year").orderBy("day"),
  "an index in another order": calls.where("state", "==", 1).orderBy("day").orderBy("year"),
  "a collection group by a field without a group index": group.where("any", ">", 1),
  "a collection by a field that is indexed for groups": calls.where("failedAt", ">", 1),
  "a collection group by an index of collections": group
    .where("uids", "array-contains", "u")
    .orderBy("createdAt", "desc"),
};

describe("a Firestore that knows its indexes", skipOnOfficial("it enforces no index"), () => {
  for (const [what, query] of Object.entries(served)) {
    it(`answers ${what}`, async () => {
      assert.equal((await query.get()).size, 0);
    });
  }

  for (const [what, query] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(query.get(), { code: 9, message: /requires an index: calls \(COLLECTION/ });
    });
  }

  it("refuses a listener and a count in the same way", async () => {
    const query = calls.where("one", "==", 1).orderBy("other");
    await assert.rejects(query.count().get(), { code: 9 });
    const failed = Promise.withResolvers<Error>();
    query.onSnapshot(() => failed.reject(new Error("It was answered")), failed.resolve);
    assert.match((await failed.promise).message, /requires an index/);
  });
});

describe("the indexes this project is deployed with", skipOnOfficial("it enforces no index"), () => {
  it("are what npm run firestore knows, too", async (t) => {
    const main = fileURLToPath(new URL("../../../local/firestore/main.ts", import.meta.url));
    const child = spawn(process.execPath, [main, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const [line]: unknown[] = await once(child.stdout, "data");
    const [, host = ""] = /FIRESTORE_EMULATOR_HOST=(\S+)/.exec(String(line)) ?? [];
    const client = new Firestore({ projectId: "alone", host, ssl: false, auth });
    t.after(async () => {
      await client.terminate();
      child.kill("SIGTERM");
      await ended;
    });
    const all = client.collection("rings").where("callKey", "==", "pbx-1~1");
    await assert.rejects(all.orderBy("createdAt").get(), { code: 9 });
  });

  it("serve the service's queries for rings", async (t) => {
    const ours = await startFirestoreServer({ indexes: deployedIndexes });
    const client = new Firestore({ projectId: "deployed", host: ours.host, ssl: false, auth });
    t.after(async () => {
      await client.terminate();
      await ours.close();
    });
    const rings = client.collection("rings");
    const ofCall = rings.where("callKey", "==", "pbx-1~1");
    const questions = [
      ofCall,
      ofCall.where("pbxRingId", "==", "r"),
      ofCall.where("exten", "==", "0701"),
      rings.where("uid", "==", "alice").orderBy("createdAt", "desc"),
      rings.where("createdAt", ">=", new Date(0)).orderBy("createdAt"),
    ];
    for (const question of questions) assert.equal((await question.get()).size, 0);
    await assert.rejects(ofCall.orderBy("createdAt").get(), { code: 9 });
    await assert.rejects(rings.where("phones.p.state", "==", "ready").get(), { code: 9 });
  });
});

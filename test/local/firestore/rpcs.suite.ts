import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";

import { Client, credentials } from "@grpc/grpc-js";

import { getMethod } from "./raw-methods.ts";
import { skipOnOfficial, startTestDatabase, type TestDatabase } from "./test-database.ts";

const root = "projects/raw/databases/(default)/documents";

function vectorOf(...values: object[]) {
  const fields = { __type__: { stringValue: "__vector__" }, value: { arrayValue: { values } } };
  return { mapValue: { fields } };
}

describe("the RPCs that the Admin SDK does not use", () => {
  let database: TestDatabase;
  let client: Client;
  before(async () => {
    database = await startTestDatabase();
    client = new Client(database.server.host, credentials.createInsecure());
  });
  after(async () => {
    client.close();
    await database.close();
  });

  // oxlint-disable-next-line typescript/no-explicit-any -- each RPC answers a message of its own
  async function call(rpc: string, request: object): Promise<any> {
    const { path, requestSerialize, responseDeserialize } = getMethod(rpc);
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (cause, answer) => {
        if (cause === null) resolve(answer);
        else reject(cause);
      });
    });
  }

  const databaseName = "projects/raw/databases/(default)";
  const write = async (update: object, more: object = {}) =>
    (await call("Commit", { database: databaseName, writes: [{ update, ...more }] })).writeResults[0];

  it("read one document, with numbers of the type that they were written with", async () => {
    const name = `${root}/single/a`;
    const fields = { whole: { doubleValue: 1 }, list: { arrayValue: { values: [{ doubleValue: 2 }] } } };
    await write({ name, fields });
    const read = await call("GetDocument", { name });
    assert.equal(read.fields.whole.doubleValue, 1);
    assert.equal(read.fields.list.arrayValue.values[0].doubleValue, 2);
    await assert.rejects(call("GetDocument", { name: `${root}/single/none` }), { code: 5 });
  });

  it("transform a field twice in one write, also by the older form of a transform, and return the results", async () => {
    const name = `${root}/single/transformed`;
    const add = (field: string, operand: object) => ({ fieldPath: field, increment: operand });
    const { transformResults } = await write(
      { name, fields: { n: { integerValue: 5 } } },
      {
        updateTransforms: [
          add("n", { integerValue: 2 }),
          add("n", { doubleValue: 0.5 }),
          { fieldPath: "list", appendMissingElements: { values: [{ integerValue: 1 }] } },
          { fieldPath: "greatest", maximum: { integerValue: 3 } },
        ],
      },
    );
    assert.deepEqual(
      transformResults.map((value: Record<string, unknown>) => [value["valueType"], value[String(value["valueType"])]]),
      [
        ["integerValue", "7"],
        ["doubleValue", 7.5],
        ["nullValue", "NULL_VALUE"],
        ["integerValue", "3"],
      ],
    );
    const transforms = [
      { fieldPath: "greatest", maximum: { doubleValue: 2.5 } },
      { fieldPath: "n", minimum: { integerValue: 7 } },
      add("half", { doubleValue: 0.5 }),
      add("half", { doubleValue: 0.5 }),
    ];
    const older = { transform: { document: name, fieldTransforms: transforms } };
    await call("Commit", { database: databaseName, writes: [older] });
    const { fields } = await call("GetDocument", { name });
    assert.deepEqual([fields.greatest.integerValue, fields.n.integerValue, fields.half.doubleValue], ["3", "7", 1]);
  });

  it("do not take property names of JavaScript's objects for fields", async () => {
    for (const [n, own] of ["constructor", "toString", "hasOwnProperty", "valueOf"].entries()) {
      const name = `${root}/own${n}/a`;
      await write({ name, fields: { a: { integerValue: 1 } } });
      await write({ name }, { updateMask: { fieldPaths: [own, `a.${own}`] } });
      assert.deepEqual(Object.keys((await call("GetDocument", { name })).fields), ["a"]);
      const collection = database.connect("raw").collection(`own${n}`);
      assert.equal((await collection.where(`a.${own}`, "!=", 5).get()).size, 0);
      assert.equal((await collection.orderBy(own).get()).size, 0);
    }
  });

  it("refuse a write without an operation, and invalid values and paths", async () => {
    const name = `${root}/single/refused`;
    const refused = [
      { update: { name, fields: { a: {} } } },
      { update: { name, fields: { a: { geoPointValue: { latitude: 91 } } } } },
      { update: { name, fields: { a: { timestampValue: { seconds: 253_402_300_800 } } } } },
      { update: { name, fields: { a: { arrayValue: { values: [{ arrayValue: {} }] } } } } },
      { update: { name, fields: { a: { arrayValue: { values: [vectorOf({ integerValue: 1 })] } } } } },
      { update: { name, fields: { a: vectorOf() } } },
      { update: { name, fields: { a: { timestampValue: { seconds: 1, nanos: -1 } } } } },
      { update: { name, fields: { a: { fieldReferenceValue: "b" } } } },
      { update: { name, fields: { a: { referenceValue: "nonsense" } } } },
      { update: { name: `${root}${"/a/b".repeat(101)}` } },
      { delete: name, updateMask: { fieldPaths: ["a"] } },
      ...["a..b", "", "1a", "a-b", "`a", "`a``b`", "__x__"].map((path) => ({
        update: { name },
        updateMask: { fieldPaths: [path] },
      })),
      ...[`${root}/single/..`, `${root}/single/__x__`, `${root}x/a/b`, `${root}/single`].map((other) => ({
        update: { name: other },
      })),
      {},
    ];
    for (const each of refused) {
      await assert.rejects(
        call("Commit", { database: databaseName, writes: [each] }),
        { code: 3 },
        JSON.stringify(each),
      );
    }
  });

  it("accept a path of 100 documents", async () => {
    await write({ name: `${root}${"/a/b".repeat(100)}` });
  });

  it("refuse a filter of more than 1,500 bytes, and a cursor that has no reference for the name", async () => {
    const { path, requestSerialize, responseDeserialize } = getMethod("RunQuery");
    const query = async (structuredQuery: object) => {
      const request = { parent: root, structuredQuery: { from: [{ collectionId: "single" }], ...structuredQuery } };
      const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
      return Array.fromAsync(stream);
    };
    const equals = (value: object) => ({ where: { fieldFilter: { field: { fieldPath: "b" }, op: "EQUAL", value } } });
    await query(equals({ bytesValue: Buffer.alloc(1500) }));
    await assert.rejects(query(equals({ bytesValue: Buffer.alloc(1501) })), { code: 3 });
    await assert.rejects(query(equals({ stringValue: "x".repeat(1501) })), { code: 3 });
    const orderBy = [{ field: { fieldPath: "__name__" }, direction: "ASCENDING" }];
    await query({ orderBy, startAt: { values: [{ referenceValue: `${root}/single/a` }] } });
    await assert.rejects(query({ orderBy, startAt: { values: [{ integerValue: 1 }] } }), { code: 3 });
  });

  it("refuse by name what this server does not support", skipOnOfficial("it can"), async () => {
    const all = database.connect("raw").collection("refused");
    const created = { parent: root, collectionId: "refused", document: {} };
    const asked: Record<string, () => Promise<unknown>> = {
      "StructuredQuery.find_nearest": async () =>
        all.findNearest({ vectorField: "v", queryVector: [1], limit: 1, distanceMeasure: "EUCLIDEAN" }).get(),
      explain_options: async () => all.explain(),
      "TransactionOptions.read_only.read_time": async () =>
        call("BeginTransaction", { database: databaseName, options: { readOnly: { readTime: { seconds: 1 } } } }),
      read_time: async () => call("GetDocument", { name: `${root}/refused/a`, readTime: { seconds: 1 } }),
      "ListDocumentsRequest.order_by": async () =>
        call("ListDocuments", { parent: root, collectionId: "refused", orderBy: "n" }),
      "google.firestore.v1.Firestore.CreateDocument": async () => call("CreateDocument", created),
    };
    for (const [what, ask] of Object.entries(asked)) {
      await assert.rejects(ask, { code: 12, message: new RegExp(`${what} is not implemented by this local server`) });
    }
  });

  it("list a collection page by page", async () => {
    for (const id of ["c", "a", "b"]) {
      await write({ name: `${root}/paged/${id}` });
    }
    const list = { parent: root, collectionId: "paged", pageSize: 2 };
    const first = await call("ListDocuments", list);
    const second = await call("ListDocuments", { ...list, pageToken: first.nextPageToken });
    const names = [first, second].map(({ documents }) => documents.map(({ name }: { name: string }) => name.at(-1)));
    assert.deepEqual(names, [["a", "b"], ["c"]]);
  });

  it("begin a transaction whose lock a rollback releases", async () => {
    const begun = { database: databaseName, options: { readWrite: {} } };
    const { transaction } = await call("BeginTransaction", begun);
    await assert.rejects(call("GetDocument", { name: `${root}/locked/a`, transaction }), { code: 5 });
    const written = write({ name: `${root}/locked/a` });
    await call("Rollback", { database: databaseName, transaction });
    await written;
    await assert.rejects(call("Commit", { database: databaseName, transaction }), { code: 3 });
    const unknown = { database: databaseName, transaction: Buffer.from("none") };
    await assert.rejects(call("Rollback", unknown), { code: 3 });
  });

  it("tell a listener that resumes to start anew", skipOnOfficial("its resume tokens are its own"), async () => {
    const { path, requestSerialize, responseDeserialize } = getMethod("Listen");
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const types: string[] = [];
    stream.on("data", ({ targetChange }) => types.push(targetChange?.targetChangeType ?? "DOCUMENT"));
    const documents = { documents: [`${root}/back/a`] };
    stream.write({
      database: databaseName,
      addTarget: { documents, targetId: 1, resumeToken: Buffer.from("seen") },
    });
    while (types.at(-1) !== "NO_CHANGE") await once(stream, "data");
    assert.deepEqual(types, ["ADD", "RESET", "DOCUMENT", "CURRENT", "NO_CHANGE"]);
    stream.end();
    await once(stream, "end");
  });
});

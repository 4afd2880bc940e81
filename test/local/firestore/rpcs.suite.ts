import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";

import { Client, credentials } from "@grpc/grpc-js";

import { startFirestoreServer, type FirestoreServer } from "../../../local/firestore/server.ts";
import { getMethod } from "./raw-methods.ts";

const root = "projects/raw/databases/(default)/documents";

describe("the RPCs that the Admin SDK has no use for", () => {
  let server: FirestoreServer;
  let client: Client;
  before(async () => {
    server = await startFirestoreServer();
    client = new Client(server.host, credentials.createInsecure());
  });
  after(async () => {
    client.close();
    await server.close();
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

  const fieldsOf = (n: string, kept: boolean) => ({ n: { integerValue: n }, kept: { booleanValue: kept } });

  it("create, read, update and delete one document", async () => {
    const name = `${root}/single/a`;
    const created = {
      parent: root,
      collectionId: "single",
      documentId: "a",
      document: { fields: fieldsOf("1", true) },
    };
    assert.equal((await call("CreateDocument", created)).name, name);
    await assert.rejects(call("CreateDocument", created), { code: 6 });
    const document = { name, fields: fieldsOf("2", false) };
    await call("UpdateDocument", { document, updateMask: { fieldPaths: ["n"] } });
    const { fields } = await call("GetDocument", { name });
    assert.deepEqual([fields.n.integerValue, fields.kept.booleanValue], ["2", true]);
    await call("DeleteDocument", { name });
    await assert.rejects(call("GetDocument", { name }), { code: 5 });
  });

  it("list a collection page by page", async () => {
    for (const id of ["c", "a", "b"]) {
      await call("CreateDocument", { parent: root, collectionId: "paged", documentId: id, document: {} });
    }
    const list = { parent: root, collectionId: "paged", pageSize: 2 };
    const first = await call("ListDocuments", list);
    const second = await call("ListDocuments", { ...list, pageToken: first.nextPageToken });
    const names = [first, second].map(({ documents }) => documents.map(({ name }: { name: string }) => name.at(-1)));
    assert.deepEqual(names, [["a", "b"], ["c"]]);
  });

  it("begin a transaction whose lock a rollback frees", async () => {
    const database = "projects/raw/databases/(default)";
    const { transaction } = await call("BeginTransaction", { database, options: { readWrite: {} } });
    await assert.rejects(call("GetDocument", { name: `${root}/locked/a`, transaction }), { code: 5 });
    const written = call("UpdateDocument", { document: { name: `${root}/locked/a` } });
    await call("Rollback", { database, transaction });
    await written;
    await assert.rejects(call("Commit", { database, transaction }), { code: 3, message: /transaction has expired/ });
  });

  it("tell a listener that comes back to start anew", async () => {
    const { path, requestSerialize, responseDeserialize } = getMethod("Listen");
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const types: string[] = [];
    stream.on("data", ({ targetChange }) => types.push(targetChange?.targetChangeType ?? "DOCUMENT"));
    const documents = { documents: [`${root}/back/a`] };
    stream.write({
      database: "projects/raw/databases/(default)",
      addTarget: { documents, targetId: 1, resumeToken: Buffer.from("seen") },
    });
    while (types.at(-1) !== "NO_CHANGE") await once(stream, "data");
    assert.deepEqual(types, ["ADD", "RESET", "DOCUMENT", "CURRENT", "NO_CHANGE"]);
    stream.end();
    await once(stream, "end");
  });
});

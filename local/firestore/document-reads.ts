import { status } from "@grpc/grpc-js";

import { readUnder } from "./consistency.ts";
import type { Database } from "./database.ts";
import { parseCollectionName } from "./names.ts";
import { RpcError, unimplemented } from "./rpc-error.ts";
import { comparePaths, compareStrings } from "./values.ts";
import type { WireConsistency, WireMask, WireMessage } from "./wire.ts";

/** google.firestore.v1.BatchGetDocumentsRequest. */
export interface BatchGetRequest extends WireConsistency {
  database: string;
  documents?: string[];
  mask?: WireMask;
}

/** google.firestore.v1.GetDocumentRequest. */
export interface GetRequest extends WireConsistency {
  name: string;
  mask?: WireMask;
}

/** google.firestore.v1.ListDocumentsRequest. */
export interface ListRequest {
  parent: string;
  collectionId: string;
  pageSize?: number;
  pageToken?: string;
  orderBy?: string;
  mask?: WireMask;
  showMissing?: boolean;
}

/** The requested documents, found or missing; a read-write transaction locks them. */
export async function batchGetDocuments(database: Database, request: BatchGetRequest): Promise<WireMessage[]> {
  const names = [...new Set(request.documents)];
  const paths = names.map((name) => database.pathOf(name));
  return readUnder(database, request, async (scope, stamp) => {
    if (scope.locking !== undefined) await database.locks.acquire(scope.locking.locks, new Set(paths));
    const { readTime, transaction } = stamp();
    return names.map((name, index) => {
      const document = database.store.get(paths[index] ?? "", scope.readTime);
      const found = document === undefined ? { missing: name } : { found: database.toWire(document, request.mask) };
      return { ...found, readTime, transaction };
    });
  });
}

/** One document; throws NOT_FOUND if it is missing. */
export async function getDocument(database: Database, request: GetRequest): Promise<WireMessage> {
  const [answer] = await batchGetDocuments(database, { ...request, database: "", documents: [request.name] });
  if (answer?.["found"] === undefined) throw new RpcError(status.NOT_FOUND, `Document "${request.name}" not found.`);
  return { ...answer["found"] };
}

/** One page of a collection's documents, ordered by id; `showMissing` adds missing documents with subcollections. */
export function listDocuments(database: Database, request: ListRequest): WireMessage {
  const { parent, collectionId, pageSize, pageToken = "", orderBy = "", mask, showMissing = false } = request;
  if (orderBy !== "") throw unimplemented("ListDocumentsRequest.order_by");
  const collection = parseCollectionName(database.root, `${parent}/${collectionId}`);
  const source = { parent: database.pathOf(parent), collectionId, allDescendants: false };
  const present = new Map(database.store.find(source).map((document) => [document.path, document]));
  const missing = showMissing ? idsUnder(database, collection).map((id) => `${collection}/${id}`) : [];
  const rest = [...new Set([...present.keys(), ...missing])]
    .toSorted(comparePaths)
    .filter((path) => comparePaths(path, pageToken) > 0);
  const page = rest.slice(0, pageSize === undefined || pageSize <= 0 ? defaultPageSize : pageSize);
  return {
    documents: page.map((path) => {
      const document = present.get(path);
      return document === undefined ? { name: database.nameOf(path) } : database.toWire(document, mask);
    }),
    nextPageToken: page.length < rest.length ? page.at(-1) : "",
  };
}

/** The ids of the collections under a document, or under the database itself. */
export function listCollectionIds(database: Database, parent: string): WireMessage {
  return { collectionIds: idsUnder(database, database.pathOf(parent)).toSorted(compareStrings) };
}

/** The next path segments of all collections below this path, without duplicates. */
function idsUnder(database: Database, path: string): string[] {
  const prefix = path === "" ? "" : `${path}/`;
  const below = [...database.store.collections()].filter((collection) => collection.startsWith(prefix));
  return [...new Set(below.map((collection) => collection.slice(prefix.length).split("/", 1)[0] ?? ""))];
}

const defaultPageSize = 300;

import { status } from "@grpc/grpc-js";

import type { MetaDocument } from "./bridge-types.ts";
import { readUnder } from "./consistency.ts";
import type { Database } from "./database.ts";
import { RpcError } from "./rpc-error.ts";
import type { WireConsistency, WireDocument, WireMask, WireMessage } from "./wire.ts";

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

/** A document on the wire, cut to the mask where there is one. */
export function buildDocument(database: Database, document: MetaDocument, mask?: WireMask): WireDocument {
  return database.context.serializeDoc(document, mask === undefined ? undefined : (mask.fieldPaths ?? []));
}

/** Each document asked for, found or missing, locked when a read-write transaction asks. */
export async function batchGetDocuments(database: Database, request: BatchGetRequest): Promise<WireMessage[]> {
  const names = [...new Set(request.documents)];
  const paths = names.map((name) => database.pathOf(name));
  return readUnder(database, request, async (scope, stamp) => {
    if (scope.locking !== undefined) await database.locks.acquire(scope.locking.locks, new Set(paths));
    const { readTime, transaction } = stamp();
    return names.map((name, index) => {
      const document = database.engine.getDoc(paths[index] ?? "", scope.readTime);
      const found = document.exists ? { found: buildDocument(database, document, request.mask) } : { missing: name };
      return { ...found, readTime, transaction };
    });
  });
}

/** One document; NOT_FOUND when it is missing. */
export async function getDocument(database: Database, request: GetRequest): Promise<WireMessage> {
  const [answer] = await batchGetDocuments(database, { ...request, database: "", documents: [request.name] });
  if (answer?.["found"] === undefined) throw new RpcError(status.NOT_FOUND, `Document "${request.name}" not found.`);
  return { ...answer["found"] };
}

/** One page of a collection's documents in the order of their ids. */
export function listDocuments(database: Database, request: ListRequest): WireMessage {
  const { parent, collectionId, pageSize, pageToken = "", orderBy = "", mask, showMissing = false } = request;
  if (orderBy !== "") {
    throw new RpcError(status.UNIMPLEMENTED, "ListDocuments with order_by is not implemented by this local server");
  }
  const collection = database.context.toInternalPath(`${parent}/${collectionId}`, "collection");
  const all = database.engine
    .listDocuments(collection, showMissing)
    .filter(({ id }) => id > pageToken)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const page = all.slice(0, pageSize === undefined || pageSize <= 0 ? defaultPageSize : pageSize);
  return {
    documents: page.map((document) =>
      document.exists ? buildDocument(database, document, mask) : { name: database.context.toGapicPath(document.path) },
    ),
    nextPageToken: page.length < all.length ? page.at(-1)?.id : "",
  };
}

/** The ids of the collections under a document, or under the database itself. */
export function listCollectionIds(database: Database, parent: string): WireMessage {
  return { collectionIds: database.engine.listCollectionIds(database.pathOf(parent)).toSorted() };
}

const defaultPageSize = 300;

// What @firebase-bridge/firestore-admin 0.0.10 works with inside; it publishes no types of these.
import type { Timestamp } from "firebase-admin/firestore";

import type { WireDocument, WireMessage, WireValue } from "./wire.ts";

/** A document as the engine sees it, existing or not. */
export interface MetaDocument {
  path: string;
  id: string;
  exists: boolean;
  hasChanges: boolean;
  updateTime: Timestamp;
}

/** A stored document with what must be cleaned up after it. */
export interface MasterDocument {
  pathData: { path: string };
  data: Record<string, unknown> | undefined;
  exists: boolean;
  hasActiveLeafDocs: boolean;
  _collections: Set<Collection>;
  _history: unknown[];
  parent: { _docs: Map<string, unknown> } | undefined;
}

/** A stored collection, the documents that only have others below them included. */
export interface Collection {
  pathData: { id: string };
  getDocumentIterator(): IterableIterator<MasterDocument>;
}

/** What a query asks of the storage; order, cursors and limits come afterwards. */
export interface Scan {
  parent: string;
  collectionId: string | undefined;
  allDescendants: boolean;
  readTime: Timestamp | undefined;
  predicate(document: Scanned): boolean;
}

/** As much of a document as conditions look at. */
export interface Scanned {
  path: string;
  data?: Record<string, unknown> | undefined;
}

/** One write in the engine's own form. */
export interface NormalizedWrite {
  path: string;
}

/** The storage of one database. */
export interface Accessor {
  _src: { docs: Map<string, MasterDocument>; changes: MetaDocument[] };
  _pathCache: { _data: Map<string, unknown> };
  query(scan: Scan): MetaDocument[];
  getDoc(path: string, readTime?: Timestamp): MetaDocument;
  listDocuments(collectionPath: string, showMissing: boolean): MetaDocument[];
  listCollectionIds(documentPath: string): string[];
  batchWrite(writes: NormalizedWrite[], mode: number): { serverTime: Timestamp; results: MetaDocument[] };
  reset(): void;
  enqueueChanges(serverTime: Timestamp): void;
}

/** Decodes what clients send into the engine's values. */
export interface Serializer {
  decodeValue(proto: WireValue): unknown;
}

/** Names and encodes the documents of one database. */
export interface Context {
  projectId: string;
  gapicRoot: string;
  toInternalPath(name: string, kind: "document" | "collection"): string;
  toGapicPath(path: string): string;
  serializeDoc(document: MetaDocument, mask?: string[]): WireDocument;
}

/** A parsed query; `encoder` pushes one message per answer. */
export interface Query {
  collectionId: string | undefined;
  allDescendants: boolean;
  parentPath: string;
  fieldMask: string[] | undefined;
  wherePredicate(document: Scanned): boolean;
  run(context: Context, readTime: Timestamp | undefined): MetaDocument[];
  encoder(answer: {
    context: Context;
    stream: { push(message: WireMessage): void };
    docs: MetaDocument[];
    readTime: Timestamp;
    transaction?: Uint8Array | undefined;
  }): void;
}

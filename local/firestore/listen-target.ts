import { status } from "@grpc/grpc-js";

import type { Database } from "./database.ts";
import { buildQuery, type WireQuery } from "./query.ts";
import { RpcError } from "./rpc-error.ts";
import { collectionOf, hasCollection, type StoredDocument } from "./store.ts";
import type { WireMask } from "./wire.ts";

/** google.firestore.v1.Target. */
export interface WireTarget {
  targetId?: number;
  documents?: { documents?: string[] };
  query?: WireQuery;
  resumeToken?: Uint8Array;
}

/** Reads the documents of a listen target, and tells whether a change concerns it. */
export interface View {
  read(): StoredDocument[];
  concerns(path: string): boolean;
  /** Paths of documents that are reported to the client even if they are missing. */
  named: readonly string[];
  mask: WireMask | undefined;
}

/** The view of a target; throws INVALID_ARGUMENT for a query that Firestore would refuse. */
export function buildView(database: Database, target: WireTarget): View {
  if (target.documents?.documents !== undefined) return buildDocumentsView(database, target.documents.documents);
  if (target.query?.structuredQuery !== undefined) return buildQueryView(database, target.query);
  throw new RpcError(status.INVALID_ARGUMENT, "A target must have documents or a structured query");
}

function buildDocumentsView(database: Database, names: string[]): View {
  const paths = new Set(names.map((name) => database.pathOf(name)));
  return {
    read: () => [...paths].flatMap((path) => database.store.get(path) ?? []),
    concerns: (path) => paths.has(path),
    named: [...paths],
    mask: undefined,
  };
}

function buildQueryView(database: Database, request: WireQuery): View {
  const query = buildQuery(database, request);
  return {
    read: () => query.run(),
    concerns: (path) => hasCollection(query.source, collectionOf(path)),
    named: [],
    mask: query.mask,
  };
}

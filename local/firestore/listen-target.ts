import { status } from "@grpc/grpc-js";

import type { MetaDocument } from "./bridge-types.ts";
import type { Database } from "./database.ts";
import { parseQuery, type WireQuery } from "./parse-query.ts";
import { RpcError } from "./rpc-error.ts";

/** google.firestore.v1.Target. */
export interface WireTarget {
  targetId?: number;
  documents?: { documents?: string[] };
  query?: WireQuery;
  resumeToken?: Uint8Array;
}

/** What a listen target currently matches, and how to tell whether a change concerns it. */
export interface View {
  read(): MetaDocument[];
  concerns(change: MetaDocument): boolean;
  mask: string[] | undefined;
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
    read: () => [...paths].map((path) => database.engine.getDoc(path)),
    concerns: ({ path }) => paths.has(path),
    mask: undefined,
  };
}

function buildQueryView(database: Database, request: WireQuery): View {
  const query = parseQuery(database, request);
  const parent = database.pathOf(query.parentPath);
  const { collectionId, allDescendants } = query;
  return {
    read: () => query.run(database.context, undefined),
    concerns: ({ path }) => {
      const segments = path.split("/");
      if (collectionId !== undefined && segments.at(-2) !== collectionId) return false;
      return allDescendants ? isUnder(parent, path) : segments.slice(0, -2).join("/") === parent;
    },
    mask: query.fieldMask,
  };
}

function isUnder(parent: string, path: string): boolean {
  return parent === "" || path.startsWith(`${parent}/`);
}

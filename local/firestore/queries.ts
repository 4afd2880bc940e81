import { aggregate, findAggregated, type WireAggregation } from "./aggregate.ts";
import { readUnder, type ReadScope } from "./consistency.ts";
import type { Database } from "./database.ts";
import { buildQuery, type Query, type WireQuery, type WireStructuredQuery } from "./query.ts";
import type { StoredDocument } from "./store.ts";
import type { WireConsistency, WireMessage } from "./wire.ts";

/** google.firestore.v1.RunQueryRequest. */
export type QueryRequest = WireConsistency & WireQuery;

/** google.firestore.v1.RunAggregationQueryRequest. */
export interface AggregationQueryRequest extends WireConsistency {
  parent: string;
  structuredAggregationQuery?: { structuredQuery?: WireStructuredQuery; aggregations?: WireAggregation[] };
  explainOptions?: object;
}

/** The documents that match, each in a message of its own. */
export async function runQuery(database: Database, request: QueryRequest): Promise<WireMessage[]> {
  const query = buildQuery(database, request);
  return readUnder(database, request, async (scope, stamp) => {
    const documents = await read(database, scope, query);
    const { readTime, transaction } = stamp();
    const found = documents.map((document) => ({ document: database.toWire(document, query.mask) }));
    return (found.length === 0 ? [{}] : found).map((answer) => ({ ...answer, readTime, transaction }));
  });
}

/** Count, sum or average over the documents that match. */
export async function runAggregationQuery(
  database: Database,
  request: AggregationQueryRequest,
): Promise<WireMessage[]> {
  const { structuredQuery = {}, aggregations = [] } = request.structuredAggregationQuery ?? {};
  const query = buildQuery(database, { ...request, structuredQuery }, findAggregated(aggregations));
  return readUnder(database, request, async (scope, stamp) => {
    const documents = await read(database, scope, query);
    const { readTime, transaction } = stamp();
    return [{ result: { aggregateFields: aggregate(aggregations, documents) }, readTime, transaction }];
  });
}

async function read(database: Database, { locking, readTime }: ReadScope, query: Query): Promise<StoredDocument[]> {
  let documents = query.run(readTime);
  if (locking === undefined) return documents;
  // While it waited for one document, another may have begun or ceased to match.
  while (await database.locks.acquire(locking.locks, new Set(documents.map(({ path }) => path))))
    documents = query.run();
  // The locks keep the documents as they were read; this tells whether others have come to match since.
  const answered = documents;
  locking.checks.push(() => {
    const now = query.run();
    return now.length === answered.length && now.every((document, at) => document === answered[at]);
  });
  return documents;
}

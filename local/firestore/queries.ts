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

/** The matching documents, one per message. */
export async function runQuery(database: Database, request: QueryRequest): Promise<WireMessage[]> {
  const query = buildQuery(database, request);
  return readUnder(database, request, async (scope, stamp) => {
    const documents = await read(database, scope, query);
    const { readTime, transaction } = stamp();
    const found = documents.map((document) => ({ document: database.toWire(document, query.mask) }));
    return (found.length === 0 ? [{}] : found).map((answer) => ({ ...answer, readTime, transaction }));
  });
}

/** Count, sum or average over the matching documents. */
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
  // While the read waited for a lock, other documents may have started or stopped to match.
  while (await database.locks.acquire(locking.locks, new Set(documents.map(({ path }) => path))))
    documents = query.run();
  // Locks protect the documents that were read; this check detects other documents that match since.
  const answered = documents;
  locking.checks.push(() => {
    const now = query.run();
    return now.length === answered.length && now.every((document, at) => document === answered[at]);
  });
  return documents;
}

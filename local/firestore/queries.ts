import type { MetaDocument, Query } from "./bridge-types.ts";
import { readUnder, type ReadScope } from "./consistency.ts";
import type { Database } from "./database.ts";
import { parseAggregationQuery, parseQuery, type WireAggregationQuery, type WireQuery } from "./parse-query.ts";
import type { WireConsistency, WireMessage } from "./wire.ts";

/** google.firestore.v1.RunQueryRequest. */
export type QueryRequest = WireConsistency & WireQuery;

/** google.firestore.v1.RunAggregationQueryRequest. */
export type AggregationQueryRequest = WireConsistency & WireAggregationQuery;

/** The documents that match, each in a message of its own. */
export async function runQuery(database: Database, request: QueryRequest): Promise<WireMessage[]> {
  return answer(database, request, parseQuery(database, withoutScope(request)));
}

/** Count, sum or average over the documents that match. */
export async function runAggregationQuery(
  database: Database,
  request: AggregationQueryRequest,
): Promise<WireMessage[]> {
  return answer(database, request, parseAggregationQuery(database, withoutScope(request)));
}

// Transactions are ours: the bridge would look for its own.
function withoutScope<Request extends WireConsistency>(request: Request) {
  const { transaction: _id, newTransaction: _options, readTime: _time, ...query } = request;
  return query;
}

async function answer(database: Database, request: WireConsistency, query: Query): Promise<WireMessage[]> {
  return readUnder(database, request, async (scope, stamp) => {
    const docs = await read(database, scope, query);
    const messages: WireMessage[] = [];
    const stream = { push: (message: WireMessage) => messages.push(message) };
    const { time: readTime, transaction } = stamp();
    query.encoder({ context: database.context, stream, docs, readTime, transaction });
    return messages;
  });
}

async function read(database: Database, { locking, readTime }: ReadScope, query: Query): Promise<MetaDocument[]> {
  const run = () => query.run(database.context, readTime);
  let docs = run();
  if (locking === undefined) return docs;
  // While it waited for one document, another may have begun or ceased to match.
  while (await database.locks.acquire(locking.locks, new Set(docs.map(({ path }) => path)))) docs = run();
  const answered = fingerprint(docs);
  locking.checks.push(() => fingerprint(run()) === answered);
  return docs;
}

// The locks keep the documents as they were read; this tells whether others have come to match since.
function fingerprint(docs: MetaDocument[]): string {
  return JSON.stringify(docs.map(({ path, updateTime }) => [path, updateTime.seconds, updateTime.nanoseconds]));
}

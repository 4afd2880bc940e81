import { bridge } from "./bridge.ts";
import type { Query } from "./bridge-types.ts";
import type { Database } from "./database.ts";
import type { IndexableQuery } from "./index-need.ts";
import { requireIndex } from "./require-index.ts";

/** What of a RunQueryRequest, or of a listen target, says what to look for. */
export interface WireQuery {
  parent: string;
  structuredQuery?: IndexableQuery;
}

/** What of a RunAggregationQueryRequest says what to look for. */
export interface WireAggregationQuery {
  parent: string;
  structuredAggregationQuery?: { structuredQuery?: IndexableQuery };
}

/** A query ready to run; throws INVALID_ARGUMENT or FAILED_PRECONDITION for one that Firestore would refuse. */
export function parseQuery(database: Database, request: WireQuery): Query {
  const query = bridge.QueryBuilder.fromQuery(database.context, request);
  return prepare(database, query, request.structuredQuery);
}

/** A query whose answer is counts, sums and averages. */
export function parseAggregationQuery(database: Database, request: WireAggregationQuery): Query {
  const query = bridge.QueryBuilder.fromAggregationQuery(database.context, request);
  return prepare(database, query, request.structuredAggregationQuery?.structuredQuery);
}

function prepare(database: Database, query: Query, structured: IndexableQuery | undefined): Query {
  if (database.indexes !== undefined && structured !== undefined) requireIndex(database.indexes, structured);
  return requireOrderedFields(database, query, structured);
}

// In Firestore a document without the field is not in the order; the bridge puts it last.
function requireOrderedFields(database: Database, query: Query, structured: IndexableQuery | undefined): Query {
  const fields = (structured?.orderBy ?? []).flatMap(({ field }) => field?.fieldPath ?? []);
  const required = fields.filter((field) => field !== "__name__");
  if (required.length === 0) return query;
  const matches = query.wherePredicate.bind(query);
  query.wherePredicate = (document) =>
    matches(document) &&
    required.every((field) => bridge.getComparable(database.context, document, field) !== undefined);
  return query;
}

// The door to @firebase-bridge/firestore-admin 0.0.10, an in-memory Firestore. We use its engine (storage, queries,
// transforms, validation) and not the mock client it puts in front of it, because that client
// - waits at least 3 ms in every answer (its MIN_LATENCY),
// - detects conflicts by comparing milliseconds, so two transactions within one millisecond lose an update,
// - keeps every read-only transaction, every failed commit and every old version of a document for ever,
// - holds a listener's snapshot back until there were 5 ms without any write, so steady traffic starves it.
// The package exports only its mock, hence the loading by path; its version is pinned exactly for that reason.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import type { Firestore, Timestamp } from "firebase-admin/firestore";

import type { Accessor, Context, NormalizedWrite, Query, Scanned, Serializer } from "./bridge-types.ts";
import { assertFilterIsAllowed, type WireFilter } from "./query-rules.ts";
import type { WireTimestamp, WireValue, WireWrite } from "./wire.ts";

interface ContextConstructor {
  new (
    firestore: { _settings: { projectId: string; databaseId: string }; _serializer: Serializer },
    pool: { getWithAssert(): { accessor: Accessor } },
  ): Context;
}

interface QueryParser {
  fromQuery(context: Context, request: object): Query;
  fromAggregationQuery(context: Context, request: object): Query;
}

interface BridgeModules {
  DataAccessor: new (config: { serverTime: () => Timestamp }) => Accessor;
  WriteMode: { Atomic: number };
  GapicContext: ContextConstructor;
  QueryBuilder: QueryParser;
  transformWrites(
    context: Context,
    writes: WireWrite[],
  ): { normalized: NormalizedWrite; transformResults?: WireValue[] }[];
  toProtoTimestamp(time: Timestamp): WireTimestamp;
  /** The value of a field, undefined where the document lacks it. */
  getComparable: (this: void, context: Context, document: Scanned, fieldPath: string) => unknown;
  Operators: { notEqual: (this: void, actual: unknown, expected: unknown) => boolean };
}

interface QueryValidation {
  validateWhereFilterCompatibility(query: { where?: WireFilter }): void;
  validateOrderByPresenceForInequalities(): void;
}

const requireFrom = createRequire(import.meta.url);
const internals = join(dirname(requireFrom.resolve("@firebase-bridge/firestore-admin")), "lib", "_internal");
const gapic = join(internals, "mock-gapic-client");

const { DataAccessor, WriteMode }: Pick<BridgeModules, "DataAccessor" | "WriteMode"> = requireFrom(
  join(internals, "data-accessor.js"),
);
const { toProtoTimestamp }: Pick<BridgeModules, "toProtoTimestamp"> = requireFrom(join(internals, "functions/util.js"));
const { GapicContext }: Pick<BridgeModules, "GapicContext"> = requireFrom(join(gapic, "gapic-context.js"));
const { transformWrites }: Pick<BridgeModules, "transformWrites"> = requireFrom(join(gapic, "utils/convert.js"));
const { QueryBuilder }: Pick<BridgeModules, "QueryBuilder"> = requireFrom(join(gapic, "utils/query-builder.js"));
const values: Pick<BridgeModules, "getComparable"> = requireFrom(join(gapic, "utils/compare-values.js"));
const { Operators }: Pick<BridgeModules, "Operators"> = requireFrom(join(gapic, "utils/operators.js"));

const validation: QueryValidation = requireFrom(join(gapic, "utils/query-validation.js"));

// Where the bridge's queries are not Firestore's.
// `!=` does not match a document that lacks the field or has null there.
const { notEqual } = Operators;
Operators.notEqual = (actual, expected) => actual !== undefined && actual !== null && notEqual(actual, expected);
// The limits are those of 2026: 30 disjunctions, however they are written.
validation.validateWhereFilterCompatibility = ({ where }) => assertFilterIsAllowed(where);
// An order need not begin with the field of an inequality.
validation.validateOrderByPresenceForInequalities = () => undefined;

// The bridge parses the field's path again for every document it looks at, which is most of a query's time.
const { getComparable } = values;
const plainName = /^(?!__)\w+$/;
values.getComparable = (context, document, fieldPath) =>
  plainName.test(fieldPath) ? document.data?.[fieldPath] : getComparable(context, document, fieldPath);

/** The parts of the bridge's engine that the server is built on. */
export const bridge: BridgeModules = {
  DataAccessor,
  WriteMode,
  GapicContext,
  QueryBuilder,
  transformWrites,
  toProtoTimestamp,
  getComparable: values.getComparable,
  Operators,
};

/** The value codec the bridge borrows from an Admin SDK instance. */
export function getSerializer(firestore: Firestore): Serializer {
  const { _serializer: serializer } = firestore as Firestore & { _serializer?: Serializer };
  if (serializer === undefined) throw new TypeError("This version of the Admin SDK keeps its serializer elsewhere");
  return serializer;
}

import type { RpcHandlers } from "../grpc/serve.ts";
import type { Databases } from "./databases.ts";
import {
  batchGetDocuments,
  getDocument,
  listCollectionIds,
  listDocuments,
  type BatchGetRequest,
  type GetRequest,
  type ListRequest,
} from "./document-reads.ts";
import { buildListen } from "./listen.ts";
import type { Listener } from "./listener.ts";
import { runAggregationQuery, runQuery, type AggregationQueryRequest, type QueryRequest } from "./queries.ts";
import { stream, unary } from "./rpc-kinds.ts";
import type { WireTransactionOptions, WireWrite } from "./wire.ts";
import { buildWrite } from "./write-stream.ts";
import { batchWrite, commit, type CommitRequest } from "./writes.ts";

interface Parented {
  parent: string;
}

interface DatabaseRequest {
  database: string;
}

/** The RPCs of google.firestore.v1.Firestore that the server knows; `listeners` holds the open Listen streams. */
export function buildHandlers(databases: Databases, listeners: Set<Listener>): RpcHandlers {
  return {
    BatchGetDocuments: stream(async (request: BatchGetRequest) =>
      batchGetDocuments(databases.get(request.database), request),
    ),
    RunQuery: stream(async (request: QueryRequest) => runQuery(databases.get(request.parent), request)),
    RunAggregationQuery: stream(async (request: AggregationQueryRequest) =>
      runAggregationQuery(databases.get(request.parent), request),
    ),
    GetDocument: unary(async (request: GetRequest) => getDocument(databases.get(request.name), request)),
    ListDocuments: unary(async (request: ListRequest) => listDocuments(databases.get(request.parent), request)),
    ListCollectionIds: unary(async ({ parent }: Parented) => listCollectionIds(databases.get(parent), parent)),
    Commit: unary(async (request: CommitRequest) => commit(databases.get(request.database), request)),
    BatchWrite: unary(async ({ database, writes = [] }: DatabaseRequest & { writes?: WireWrite[] }) =>
      batchWrite(databases.get(database), writes),
    ),
    BeginTransaction: unary(async ({ database, options }: DatabaseRequest & { options?: WireTransactionOptions }) => ({
      transaction: Buffer.from(databases.get(database).transactions.begin(options ?? {}).id),
    })),
    Rollback: unary(async ({ database, transaction }: DatabaseRequest & { transaction: Uint8Array }) => {
      const { transactions } = databases.get(database);
      const open = transactions.find(transaction);
      if (open !== undefined) transactions.end(open);
      return {};
    }),
    Listen: buildListen(databases, listeners),
    Write: buildWrite(databases),
  };
}

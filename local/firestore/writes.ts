import { status } from "@grpc/grpc-js";

import { nameOf } from "./apply-writes.ts";
import type { Database } from "./database.ts";
import { buildLockOwner } from "./locks.ts";
import { buildStatus, RpcError } from "./rpc-error.ts";
import type { Transaction } from "./transactions.ts";
import type { WireMessage, WireWrite } from "./wire.ts";

/** google.firestore.v1.CommitRequest. */
export interface CommitRequest {
  database: string;
  writes?: WireWrite[];
  transaction?: Uint8Array;
}

/** Applies all writes or none, and ends their transaction; throws ABORTED if the result of one of its queries changed. */
export async function commit(database: Database, request: CommitRequest): Promise<WireMessage> {
  const { writes = [], transaction: id } = request;
  if (id === undefined || id.length === 0) return { ...(await writeAlone(database, writes)) };
  const transaction = database.transactions.get(id);
  try {
    if (transaction.readTime !== undefined && writes.length > 0) {
      throw new RpcError(status.INVALID_ARGUMENT, "Cannot modify entities in a read-only transaction.");
    }
    await database.locks.acquire(transaction.locks, pathsOf(database, writes));
    assertStillTrue(transaction, writes);
    return database.write(writes);
  } finally {
    database.transactions.end(transaction);
  }
}

/** Applies each write separately; a failed one has its status in the answer and does not stop the others. */
export async function batchWrite(database: Database, writes: WireWrite[]): Promise<WireMessage> {
  if (pathsOf(database, writes).size < writes.length) {
    throw new RpcError(status.INVALID_ARGUMENT, "A BatchWrite may write a document only once");
  }
  const outcomes = await Promise.all(writes.map(async (write) => settle(database, write)));
  return {
    writeResults: outcomes.map(({ result }) => result ?? {}),
    status: outcomes.map(({ code, message }) => ({ code, message })),
  };
}

/** Writes outside of transactions; waits for transactions that hold locks on these documents. */
export async function writeAlone(database: Database, writes: WireWrite[]) {
  const owner = buildLockOwner(0);
  try {
    await database.locks.acquire(owner, pathsOf(database, writes));
    return database.write(writes);
  } finally {
    database.locks.release(owner);
  }
}

async function settle(database: Database, write: WireWrite) {
  try {
    const { writeResults } = await writeAlone(database, [write]);
    return { result: writeResults[0], code: status.OK, message: "" };
  } catch (cause) {
    const { code, details } = buildStatus(cause);
    return { result: undefined, code, message: details };
  }
}

function pathsOf(database: Database, writes: WireWrite[]): Set<string> {
  return new Set(writes.map((write) => database.pathOf(nameOf(write))));
}

function assertStillTrue({ checks }: Transaction, writes: WireWrite[]): void {
  if (writes.length > 0 && !checks.every((check) => check())) {
    throw new RpcError(status.ABORTED, "The result of a query in the transaction has changed; please retry");
  }
}

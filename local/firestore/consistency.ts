import type { Database } from "./database.ts";
import { unimplemented } from "./rpc-error.ts";
import type { Transaction } from "./transactions.ts";
import { toTimestamp } from "./values.ts";
import type { WireConsistency, WireTimestamp } from "./wire.ts";

/** The transaction and the time of a read. */
export interface ReadScope {
  /** The transaction whose locks the read must take; absent for plain and read-only reads. */
  locking: Transaction | undefined;
  /** In microseconds since 1970; absent for the current state. */
  readTime: number | undefined;
}

/** The fields of every answer to a read besides its documents. */
export interface ReadStamp {
  readTime: WireTimestamp;
  /** The id of the transaction this read began. */
  transaction?: Uint8Array;
}

/** Runs a read in the transaction that the request names or begins. If the read fails, a transaction that it began is ended. */
export async function readUnder<Answer>(
  database: Database,
  { transaction, newTransaction, readTime }: WireConsistency,
  read: (scope: ReadScope, stamp: () => ReadStamp) => Promise<Answer>,
): Promise<Answer> {
  if (readTime !== undefined) throw unimplemented("read_time");
  const { transactions, clock } = database;
  const begun = newTransaction === undefined ? undefined : transactions.begin(newTransaction);
  const current = begun ?? (transaction === undefined ? undefined : transactions.get(transaction));
  const scope = {
    locking: current?.readTime === undefined ? current : undefined,
    readTime: current?.readTime,
  };
  try {
    return await read(scope, () => {
      const stamp = { readTime: toTimestamp(current?.readTime ?? clock.read()) };
      return begun === undefined ? stamp : { ...stamp, transaction: Buffer.from(begun.id) };
    });
  } catch (cause) {
    if (begun !== undefined) transactions.end(begun);
    throw cause;
  }
}

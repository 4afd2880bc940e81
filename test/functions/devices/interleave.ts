import type {
  DocumentReference,
  ReadOptions,
  ReadOnlyTransactionOptions,
  ReadWriteTransactionOptions,
  Transaction,
} from "firebase-admin/firestore";
import type { Services } from "../../../functions/src/services.ts";

/** Callbacks around the transactions of some services, counted from 0; retries of one count once. */
export interface Around {
  /** Before the transaction begins. */
  readonly before?: (transaction: number) => Promise<void> | void;
  /** When it has read devices and users, before it reads an audience document. */
  readonly beforeAudience?: (transaction: number) => Promise<void> | void;
  /** When it has read and locked everything and requested its writes, before it commits. */
  readonly within?: (transaction: number) => Promise<void> | void;
}

/** The services with callbacks around every transaction. */
export function withTransactions(services: Services, { before, beforeAudience, within }: Around): Services {
  let transactions = 0;
  const runTransaction = async <T>(
    update: (transaction: Transaction) => Promise<T>,
    options?: ReadOnlyTransactionOptions | ReadWriteTransactionOptions,
  ): Promise<T> => {
    const index = transactions;
    transactions += 1;
    await before?.(index);
    return services.db.runTransaction(async (transaction) => {
      const result = await update(watchReads(transaction, () => beforeAudience?.(index)));
      await within?.(index);
      return result;
    }, options);
  };
  const db = new Proxy(services.db, {
    get(target, property): unknown {
      if (property === "runTransaction") return runTransaction;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
  return { ...services, db };
}

function watchReads(transaction: Transaction, beforeAudience: () => Promise<void> | void): Transaction {
  const getAll = async (first: DocumentReference, ...rest: (DocumentReference | ReadOptions)[]): Promise<unknown> => {
    if (first.path.startsWith("audience/")) await beforeAudience();
    return transaction.getAll(first, ...rest);
  };
  return new Proxy(transaction, {
    get(target, property): unknown {
      if (property === "getAll") return getAll;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** The time of a few reads: a phone that no lock blocks is done by then. */
const readsMeanwhile = 30;

/**
 * Starts an operation inside another's transaction, once, and lets it run until a lock blocks it; the rest runs after the
 * commit.
 */
export function startWithin(services: Services, start: () => Promise<unknown>) {
  let started: Promise<unknown> | undefined;
  return {
    services: withTransactions(services, {
      within: async () => {
        if (started !== undefined) return;
        started = start();
        await passTime(services);
      },
    }),
    /** Resolves when the operation is done; rejects when it was never started. */
    finish: async () => {
      if (started === undefined) throw new Error("No transaction ran in which to start the operation");
      await started;
    },
  };
}

/** Lets concurrent operations run as far as they can. */
export async function passTime({ db }: Services): Promise<void> {
  for (let read = 0; read < readsMeanwhile; read += 1) await db.doc("nothing/here").get();
}

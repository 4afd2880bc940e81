import type {
  DocumentReference,
  ReadOptions,
  ReadOnlyTransactionOptions,
  ReadWriteTransactionOptions,
  Transaction,
} from "firebase-admin/firestore";
import type { Services } from "../../../functions/src/services.ts";

/** What happens around the transactions of somebody, counted from 0; a repeated attempt counts once. */
export interface Around {
  /** Before the transaction begins. */
  readonly before?: (transaction: number) => Promise<void> | void;
  /** When it has read devices and users, and is about to read an audience document. */
  readonly beforeAudience?: (transaction: number) => Promise<void> | void;
  /** When it has read and locked everything, and asked for its writes, but not committed. */
  readonly within?: (transaction: number) => Promise<void> | void;
}

/** The services with something happening around every transaction. */
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

/** As long as that many reads take, whoever is not locked out has done what a phone does. */
const readsMeanwhile = 30;

/** Starts something inside somebody's transaction, once, and lets it come as far as it can; what is locked out goes on after the commit. */
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
    /** Resolves when it is done; fails when it was never started. */
    finish: async () => {
      if (started === undefined) throw new Error("There was no transaction to start it in");
      await started;
    },
  };
}

/** Lets others come as far as they can. */
export async function passTime({ db }: Services): Promise<void> {
  for (let read = 0; read < readsMeanwhile; read += 1) await db.doc("nothing/here").get();
}

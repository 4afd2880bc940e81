import { randomUUID } from "node:crypto";

import { status } from "@grpc/grpc-js";

import type { CommitClock } from "./commit-clock.ts";
import { buildLockOwner, type LockOwner, type LockTable } from "./locks.ts";
import { RpcError, unimplemented } from "./rpc-error.ts";
import type { WireTransactionOptions } from "./wire.ts";

/** An open transaction. */
export interface Transaction {
  id: string;
  locks: LockOwner;
  /** Read time of a read-only transaction, in microseconds; a read-write one locks and reads the current state. */
  readTime: number | undefined;
  /** Each returns whether the result of one of its queries still holds. */
  checks: (() => boolean)[];
}

// Firestore's limit for an idle transaction.
const idleLimitMs = 60_000;

/** The transactions of one database. */
export class Transactions {
  readonly #open = new Map<string, Transaction>();
  readonly #locks: LockTable;
  readonly #clock: CommitClock;
  #begun = 0;
  #snapshots = 0;

  constructor(locks: LockTable, clock: CommitClock) {
    this.#locks = locks;
    this.#clock = clock;
  }

  /** Whether a read-only transaction is open. */
  get hasSnapshots(): boolean {
    this.#expire();
    return this.#snapshots > 0;
  }

  /** Begins a transaction; a retry keeps the age of the earlier one. Throws UNIMPLEMENTED for a given read time. */
  begin(options: WireTransactionOptions): Transaction {
    if (options.readOnly?.readTime !== undefined) throw unimplemented("TransactionOptions.read_only.read_time");
    this.#expire();
    this.#begun += 1;
    const age = findAge(options.readWrite?.retryTransaction) ?? this.#begun;
    const locks = buildLockOwner(age);
    const readTime = options.readOnly === undefined ? undefined : this.#clock.read();
    const transaction = { id: `${randomUUID()}/${age}`, locks, readTime, checks: [] };
    locks.abort = (reason) => this.end(transaction, reason);
    if (readTime !== undefined) this.#snapshots += 1;
    this.#open.set(transaction.id, transaction);
    return transaction;
  }

  /** The transaction with that id. If it has ended, throws Firestore's error, which the Admin SDK retries. */
  get(id: Uint8Array): Transaction {
    const transaction = this.find(id);
    if (transaction === undefined) {
      throw new RpcError(
        status.INVALID_ARGUMENT,
        "The referenced transaction has expired or is no longer valid: the transaction has expired",
      );
    }
    transaction.locks.touchedAt = performance.now();
    // Keeps the map in the order of last use, so that #expire can stop at the first fresh one.
    this.#open.delete(transaction.id);
    this.#open.set(transaction.id, transaction);
    return transaction;
  }

  /** The transaction with that id, if it is open; throws INVALID_ARGUMENT for a malformed id. */
  find(id: Uint8Array): Transaction | undefined {
    if (findAge(id) === undefined) throw new RpcError(status.INVALID_ARGUMENT, "That is not the id of a transaction");
    return this.#open.get(Buffer.from(id).toString());
  }

  /** Ends a transaction, by commit or abort, and releases its locks. */
  end(transaction: Transaction, reason?: string): void {
    if (!this.#open.delete(transaction.id)) return;
    if (transaction.readTime !== undefined) this.#snapshots -= 1;
    this.#locks.release(transaction.locks, reason);
  }

  /** Ends all of them. */
  endAll(reason: string): void {
    for (const transaction of this.#open.values()) this.end(transaction, reason);
  }

  #expire(): void {
    const oldest = performance.now() - idleLimitMs;
    for (const transaction of this.#open.values()) {
      if (transaction.locks.touchedAt > oldest) return;
      this.end(transaction, "The transaction has expired");
    }
  }
}

function findAge(retried: Uint8Array | undefined): number | undefined {
  if (retried === undefined) return undefined;
  const [, age] = Buffer.from(retried).toString().split("/");
  return age === undefined ? undefined : Number(age);
}

import { applyWrites } from "./apply-writes.ts";
import type { CommitClock } from "./commit-clock.ts";
import { selectFields } from "./field-path.ts";
import type { IndexConfig } from "./index-config.ts";
import { LockTable } from "./locks.ts";
import { parseDocumentName } from "./names.ts";
import { Store, type StoredDocument } from "./store.ts";
import { Transactions } from "./transactions.ts";
import { toTimestamp } from "./values.ts";
import type { WireDocument, WireMask, WireTimestamp, WireWrite, WireWriteResult } from "./wire.ts";

/** Called with the paths of the documents that a commit changed; `undefined` if everything may have changed. */
export type Watcher = (changed: ReadonlySet<string> | undefined) => void;

// Idle limit of a transaction while others wait for its locks: a killed process must not block the others for a minute, as it
// would in the cloud.
const lockIdleMs = 10_000;

/** A database of a project: its documents, locks, transactions and watchers. */
export class Database {
  readonly store = new Store();
  readonly clock: CommitClock;
  /** The existing indexes; absent if every query is answered. */
  readonly indexes: IndexConfig | undefined;
  readonly locks = new LockTable(lockIdleMs);
  readonly transactions: Transactions;
  /** Prefix of its documents' names. */
  readonly root: string;
  readonly #watchers = new Set<Watcher>();

  /** `name` is `projects/{project}/databases/{database}`. */
  constructor(name: string, clock: CommitClock, indexes?: IndexConfig) {
    this.root = `${name}/documents`;
    this.indexes = indexes;
    this.clock = clock;
    this.transactions = new Transactions(this.locks, clock);
  }

  /** The path inside the database for a document's full name; throws INVALID_ARGUMENT for an invalid name. */
  pathOf(name: string): string {
    return parseDocumentName(this.root, name);
  }

  /** The full name of the document at a path. */
  nameOf(path: string): string {
    return `${this.root}/${path}`;
  }

  /** A document on the wire, with only the mask's fields if there is a mask. */
  toWire({ path, fields, createTime, updateTime }: StoredDocument, mask?: WireMask): WireDocument {
    return {
      name: this.nameOf(path),
      fields: mask === undefined ? fields : selectFields(fields, mask),
      createTime: toTimestamp(createTime),
      updateTime: toTimestamp(updateTime),
    };
  }

  /** Applies all writes at once, or none; the caller takes the locks. */
  write(writes: WireWrite[]): { commitTime: WireTimestamp; writeResults: WireWriteResult[] } {
    const time = this.clock.advance();
    const { changes, results } = applyWrites(this.root, writes, time, (path) => this.store.get(path));
    this.store.commit(changes, time, this.transactions.hasSnapshots);
    if (changes.size > 0) this.#notify(new Set(changes.keys()));
    return { commitTime: toTimestamp(time), writeResults: results };
  }

  /** Calls `watcher` after each change until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Forgets every document and aborts every transaction; listeners see the documents go. */
  reset(): void {
    this.transactions.endAll("The database was cleared");
    this.store.clear();
    this.#notify(undefined);
  }

  #notify(changed: ReadonlySet<string> | undefined): void {
    for (const watcher of this.#watchers) watcher(changed);
  }
}

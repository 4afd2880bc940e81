import { bridge } from "./bridge.ts";
import type { Context, MetaDocument } from "./bridge-types.ts";
import { buildCodec } from "./codec.ts";
import type { CommitClock } from "./commit-clock.ts";
import { Engine } from "./engine.ts";
import type { IndexConfig } from "./index-config.ts";
import { LockTable } from "./locks.ts";
import { Transactions } from "./transactions.ts";
import type { WireTimestamp, WireWrite, WireWriteResult } from "./wire.ts";

/** Told the paths that a commit changed; nothing when everything may have changed. */
export type Watcher = (changes: MetaDocument[] | undefined) => void;

// How long a transaction may be silent while others wait for its locks: a process killed in the middle
// of one must not stop the rest for the minute it would have in the cloud.
const lockIdleMs = 10_000;

/** One project's database: its documents, its locks and transactions, and who listens to it. */
export class Database {
  readonly context: Context;
  readonly engine: Engine;
  readonly clock: CommitClock;
  /** Those there are; absent where every query is answered. */
  readonly indexes: IndexConfig | undefined;
  readonly locks = new LockTable(lockIdleMs);
  readonly transactions: Transactions;
  readonly #watchers = new Set<Watcher>();

  constructor(projectId: string, databaseId: string, clock: CommitClock, indexes?: IndexConfig) {
    this.indexes = indexes;
    this.clock = clock;
    this.transactions = new Transactions(this.locks, clock);
    const engine = new Engine(clock, {
      changed: (changes) => this.#tell(changes),
      needsHistory: () => this.transactions.hasSnapshots,
    });
    this.engine = engine;
    this.context = buildContext(projectId, databaseId, engine);
  }

  /** The path inside the database of a document's full name; throws INVALID_ARGUMENT when it is none. */
  pathOf(name: string): string {
    return this.context.toInternalPath(name, "document");
  }

  /** Applies the writes at once, all or none; locks are the caller's business. */
  write(writes: WireWrite[]): { commitTime: WireTimestamp; writeResults: WireWriteResult[] } {
    const transformed = bridge.transformWrites(this.context, writes);
    this.clock.advance();
    const { serverTime, results } = this.engine.batchWrite(
      transformed.map(({ normalized }) => normalized),
      bridge.WriteMode.Atomic,
    );
    return {
      commitTime: bridge.toProtoTimestamp(serverTime),
      writeResults: results.map((result, index) => {
        const { transformResults } = transformed[index] ?? {};
        // A write that changes nothing leaves the document's update time as it was; the bridge reports the commit's.
        const changed = result.hasChanges || !result.exists;
        const time = changed ? serverTime : this.engine.getDoc(result.path).updateTime;
        const updateTime = bridge.toProtoTimestamp(time);
        return transformResults === undefined ? { updateTime } : { updateTime, transformResults };
      }),
    };
  }

  /** Calls `watcher` after each change until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Forgets every document and aborts every transaction; listeners see the documents go. */
  reset(): void {
    this.transactions.endAll("The database was cleared");
    this.clock.advance();
    this.engine.reset();
    this.#tell(undefined);
  }

  #tell(changes: MetaDocument[] | undefined): void {
    for (const watcher of this.#watchers) watcher(changes);
  }
}

function buildContext(projectId: string, databaseId: string, engine: Engine): Context {
  const context = new bridge.GapicContext(
    { _settings: { projectId: "any-valid-id", databaseId }, _serializer: buildCodec(projectId) },
    { getWithAssert: () => ({ accessor: engine }) },
  );
  // Set afterwards because the bridge takes only ids a new Google project could have, and tests make up others.
  context.projectId = projectId;
  context.gapicRoot = `projects/${projectId}/databases/${databaseId}/documents`;
  return context;
}

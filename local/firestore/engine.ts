/* oxlint-disable no-underscore-dangle -- the bridge names its own fields so */
import { bridge } from "./bridge.ts";
import type { MasterDocument, MetaDocument, Scan } from "./bridge-types.ts";
import type { CommitClock } from "./commit-clock.ts";

/** What the engine tells, and asks, the database it belongs to. */
export interface EngineOwner {
  changed(changes: MetaDocument[]): void;
  /** Whether a read-only transaction may still ask for what documents used to be. */
  needsHistory(): boolean;
}

/** The bridge's storage, with changes told at once and nothing kept that nobody can read any more. */
export class Engine extends bridge.DataAccessor {
  readonly #owner: EngineOwner;

  constructor(clock: CommitClock, owner: EngineOwner) {
    super({ serverTime: () => clock.current() });
    this.#owner = owner;
  }

  /** Called by the bridge at the end of each commit. */
  override enqueueChanges(): void {
    const changes = this._src.changes.splice(0);
    if (!this.#owner.needsHistory()) {
      for (const { path } of changes) this.#dropHistory(path);
    }
    if (changes.length > 0) this.#owner.changed(changes);
  }

  // The bridge makes a frozen copy of each document before it looks whether it matches; this one only of those that do.
  override query(scan: Scan): MetaDocument[] {
    if (scan.readTime !== undefined) return super.query(scan);
    const found: MetaDocument[] = [];
    const pending = [this._src.docs.get(scan.parent)];
    for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
      for (const collection of parent._collections) {
        const wanted = scan.collectionId === undefined || collection.pathData.id === scan.collectionId;
        if (!wanted && !scan.allDescendants) continue;
        for (const document of collection.getDocumentIterator()) {
          const { path } = document.pathData;
          if (wanted && document.exists && scan.predicate({ path, data: document.data })) found.push(this.getDoc(path));
          if (scan.allDescendants) pending.push(document);
        }
      }
    }
    return found;
  }

  // The bridge keeps every version of every document, and the deleted ones too: a 900 KB document
  // written a thousand times would be 900 MB.
  #dropHistory(path: string): void {
    const document = this._src.docs.get(path);
    if (document === undefined) return;
    document._history.length = 0;
    if (isGone(document)) {
      this._src.docs.delete(path);
      document.parent?._docs.delete(path);
      this._pathCache._data.delete(path);
    }
  }
}

function isGone(document: MasterDocument): boolean {
  return !document.exists && !document.hasActiveLeafDocs && document._collections.size === 0;
}

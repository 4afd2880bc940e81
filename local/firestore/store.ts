import type { WireFields } from "./wire.ts";

/** A version of a document. It is immutable: a write replaces it. */
export interface StoredDocument {
  /** Inside the database: `rings/r1`. */
  readonly path: string;
  readonly fields: WireFields;
  /** Microseconds since 1970. */
  readonly createTime: number;
  readonly updateTime: number;
}

/** The documents after a commit by path; `undefined` if deleted. */
export type Changes = ReadonlyMap<string, StoredDocument | undefined>;

/** The collections that a query reads. */
export interface Source {
  /** Path of the parent document, "" for the root. */
  readonly parent: string;
  /** `undefined` for collections with any id. */
  readonly collectionId: string | undefined;
  /** Includes collections at any depth. */
  readonly allDescendants: boolean;
}

/** Whether a source includes a collection. */
export function hasCollection({ parent, collectionId, allDescendants }: Source, collection: string): boolean {
  const at = collection.lastIndexOf("/");
  if (collectionId !== undefined && collection.slice(at + 1) !== collectionId) return false;
  const owner = collection.slice(0, Math.max(0, at));
  return owner === parent || (allDescendants && (parent === "" || owner.startsWith(`${parent}/`)));
}

/** The collection that a document is in. */
export function collectionOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

interface Past {
  readonly path: string;
  readonly time: number;
  readonly before: StoredDocument | undefined;
}

/** The documents of one database, and their earlier versions as long as they are needed. */
export class Store {
  readonly #collections = new Map<string, Map<string, StoredDocument>>();
  #past: Past[] = [];

  /** The document at a path, now or at a time whose versions are kept. */
  get(path: string, time?: number): StoredDocument | undefined {
    const past = time === undefined ? undefined : this.#past.find((one) => one.path === path && one.time > time);
    return past === undefined ? this.#collections.get(collectionOf(path))?.get(path) : past.before;
  }

  /** Every document of a source, in no order. */
  find(source: Source, time?: number): StoredDocument[] {
    const found = this.#collectionsOf(source).flatMap((documents) => [...documents.values()]);
    if (time === undefined) return found;
    const changed = new Set(this.#past.filter((past) => past.time > time).map(({ path }) => path));
    const before = [...changed].filter((path) => hasCollection(source, collectionOf(path)));
    return [...found.filter(({ path }) => !changed.has(path)), ...before.flatMap((path) => this.get(path, time) ?? [])];
  }

  /** The paths of the collections that have documents. */
  collections(): Iterable<string> {
    return this.#collections.keys();
  }

  /** Applies a commit; `remember` keeps the replaced versions for reads at an earlier time. */
  commit(changes: Changes, time: number, remember: boolean): void {
    if (!remember) this.#past = [];
    for (const [path, document] of changes) {
      const collection = collectionOf(path);
      const documents = this.#collections.get(collection) ?? new Map<string, StoredDocument>();
      if (remember) this.#past.push({ path, time, before: documents.get(path) });
      if (document === undefined) documents.delete(path);
      else documents.set(path, document);
      if (documents.size === 0) this.#collections.delete(collection);
      else this.#collections.set(collection, documents);
    }
  }

  clear(): void {
    this.#collections.clear();
    this.#past = [];
  }

  #collectionsOf(source: Source): Map<string, StoredDocument>[] {
    const { parent, collectionId, allDescendants } = source;
    if (collectionId !== undefined && !allDescendants) {
      const documents = this.#collections.get(parent === "" ? collectionId : `${parent}/${collectionId}`);
      return documents === undefined ? [] : [documents];
    }
    return [...this.#collections].flatMap(([path, documents]) => (hasCollection(source, path) ? [documents] : []));
  }
}

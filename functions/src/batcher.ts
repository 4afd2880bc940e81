/** Processes several items of one key; returns one result per item, in the same order. */
export type BatchWork<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

interface Waiting {
  readonly item: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs the work of each key in sequence. Items that arrive for a key while its work is running form the next batch, so
 * that requests of one instance do not contend at Firestore.
 */
export class Batcher {
  readonly #waiting = new Map<string, Waiting[]>();

  /** Processes one item in the next batch of its key; rejects if that batch fails. */
  async add<Item, Result>(key: string, item: Item, work: BatchWork<Item, Result>): Promise<Result> {
    const queue = this.#waiting.get(key);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (queue === undefined) {
      this.#waiting.set(key, []);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every item of a key is of one kind
      void this.#run(key, [{ item, resolve, reject }], work as BatchWork<unknown, unknown>);
    } else {
      queue.push({ item, resolve, reject });
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the work's own result for this item
    return promise as Promise<Result>;
  }

  async #run(key: string, batch: readonly Waiting[], work: BatchWork<unknown, unknown>): Promise<void> {
    try {
      const results = await work(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    const next = this.#waiting.get(key) ?? [];
    if (next.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, []);
    if (next.length > 0) await this.#run(key, next, work);
  }
}

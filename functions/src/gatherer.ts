/** Works on many things for one key at a time: does all of them, and has a result for each, in their order. */
export type WorkTogether<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

interface Waiting {
  readonly item: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Does work on each key one after the other. What comes for a key while work on it is under way is done together after that:
 * requests of one instance do not stand in each other's way at Firestore.
 */
export class Gatherer {
  readonly #waiting = new Map<string, Waiting[]>();

  /** Does the work for one item, with the others that wait for the key; rejects when the work they share fails. */
  async add<Item, Result>(key: string, item: Item, work: WorkTogether<Item, Result>): Promise<Result> {
    const queue = this.#waiting.get(key);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (queue === undefined) {
      this.#waiting.set(key, []);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every item of a key is of one kind
      void this.#run(key, [{ item, resolve, reject }], work as WorkTogether<unknown, unknown>);
    } else {
      queue.push({ item, resolve, reject });
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the work's own result for this item
    return promise as Promise<Result>;
  }

  async #run(key: string, batch: readonly Waiting[], work: WorkTogether<unknown, unknown>): Promise<void> {
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

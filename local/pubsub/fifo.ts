// With fewer free places, compacting costs more than it gains.
const compactAfter = 1024;

/** A first-in-first-out queue whose `shift` does not move the items behind it. */
export class Fifo<Item> {
  #items: Item[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Removes an item from the middle, in linear time. */
  remove(item: Item): void {
    const index = this.#items.indexOf(item, this.#head);
    if (index !== -1) this.#items.splice(index, 1);
  }

  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#head += 1;
    if (this.#head >= compactAfter && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

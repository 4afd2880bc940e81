/** The place of one held answer. */
export interface HeldWait {
  /** Aborted when the place goes to another key: the wait then answers with what it knows. */
  readonly signal: AbortSignal;
  /** Gives the place back. */
  readonly release: () => void;
}

/**
 * The places that held answers take on an instance, shared fairly by the keys that wait: while all are taken, a key with
 * fewer waits than another gets the place of that key's oldest one.
 */
export class HeldWaits {
  readonly #limit: number;
  /** The waits of each key, oldest first. */
  readonly #byKey = new Map<string, Set<AbortController>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place for a wait of a key; `undefined` if the key has its share. */
  hold(keyId: string): HeldWait | undefined {
    const counts = [...this.#byKey.values()].map(({ size }) => size);
    if (counts.reduce((sum, size) => sum + size, 0) >= this.#limit && !this.#makeRoomFor(keyId)) return undefined;
    const wait = new AbortController();
    const waits = this.#byKey.get(keyId) ?? new Set();
    this.#byKey.set(keyId, waits.add(wait));
    return { signal: wait.signal, release: () => this.#remove(keyId, wait) };
  }

  /** Ends the oldest wait of the key with the most, unless both keys would then only swap their places. */
  #makeRoomFor(keyId: string): boolean {
    const own = this.#byKey.get(keyId)?.size ?? 0;
    const [greedy, waits] = [...this.#byKey].reduce((one, other) => (other[1].size > one[1].size ? other : one));
    const [oldest] = waits;
    if (oldest === undefined || waits.size <= own + 1) return false;
    this.#remove(greedy, oldest);
    oldest.abort();
    return true;
  }

  #remove(keyId: string, wait: AbortController): void {
    const waits = this.#byKey.get(keyId);
    waits?.delete(wait);
    if (waits?.size === 0) this.#byKey.delete(keyId);
  }
}

/** The place of one held answer. */
export interface HeldWait {
  /** Aborted when the place goes to another PBX: the wait then answers with what it knows. */
  readonly signal: AbortSignal;
  /** Gives the place back. */
  readonly release: () => void;
}

/**
 * The places that held answers take on an instance, shared fairly by the PBXs that wait: while all are taken, a PBX with
 * fewer waits than another gets the place of the other's oldest one.
 */
export class HeldWaits {
  readonly #limit: number;
  /** The waits of each PBX, oldest first. */
  readonly #byPbx = new Map<string, Set<AbortController>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place for a wait of a PBX; `undefined` if the PBX has its share. */
  hold(pbxId: string): HeldWait | undefined {
    const counts = [...this.#byPbx.values()].map(({ size }) => size);
    if (counts.reduce((sum, size) => sum + size, 0) >= this.#limit && !this.#makeRoomFor(pbxId)) return undefined;
    const wait = new AbortController();
    const waits = this.#byPbx.get(pbxId) ?? new Set();
    this.#byPbx.set(pbxId, waits.add(wait));
    return { signal: wait.signal, release: () => this.#remove(pbxId, wait) };
  }

  /** Ends the oldest wait of the PBX with the most, unless both would then only swap their places. */
  #makeRoomFor(pbxId: string): boolean {
    const own = this.#byPbx.get(pbxId)?.size ?? 0;
    const [greedy, waits] = [...this.#byPbx].reduce((one, other) => (other[1].size > one[1].size ? other : one));
    const [oldest] = waits;
    if (oldest === undefined || waits.size <= own + 1) return false;
    this.#remove(greedy, oldest);
    oldest.abort();
    return true;
  }

  #remove(pbxId: string, wait: AbortController): void {
    const waits = this.#byPbx.get(pbxId);
    waits?.delete(wait);
    if (waits?.size === 0) this.#byPbx.delete(pbxId);
  }
}

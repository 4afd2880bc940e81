/** The place of one request that waits: for the end of a ring, or for a slow body. */
export interface Place {
  /** Aborted when the place goes to another PBX. */
  readonly signal: AbortSignal;
  /** Gives the place back. */
  readonly release: () => void;
}

/**
 * The places on an instance for requests that wait, shared fairly by the PBXs: while all are taken, a PBX with fewer
 * than another gets the other's oldest one.
 */
export class Places {
  readonly #limit: number;
  /** The places of each PBX, oldest first. */
  readonly #byPbx = new Map<string, Set<AbortController>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place for a PBX; `undefined` if the PBX has its share. */
  take(pbxId: string): Place | undefined {
    const counts = [...this.#byPbx.values()].map(({ size }) => size);
    if (counts.reduce((sum, size) => sum + size, 0) >= this.#limit && !this.#makeRoomFor(pbxId)) return undefined;
    const place = new AbortController();
    const places = this.#byPbx.get(pbxId) ?? new Set();
    this.#byPbx.set(pbxId, places.add(place));
    return { signal: place.signal, release: () => this.#remove(pbxId, place) };
  }

  /** Takes the oldest place of the PBX with the most, unless both would then only swap their places. */
  #makeRoomFor(pbxId: string): boolean {
    const own = this.#byPbx.get(pbxId)?.size ?? 0;
    const [greedy, places] = [...this.#byPbx].reduce((one, other) => (other[1].size > one[1].size ? other : one));
    const [oldest] = places;
    if (oldest === undefined || places.size <= own + 1) return false;
    this.#remove(greedy, oldest);
    oldest.abort();
    return true;
  }

  #remove(pbxId: string, place: AbortController): void {
    const places = this.#byPbx.get(pbxId);
    places?.delete(place);
    if (places?.size === 0) this.#byPbx.delete(pbxId);
  }
}

/** Gives every commit its own microsecond: with a shared update time, a `lastUpdateTime` precondition could wrongly hold. */
export class CommitClock {
  readonly #now: () => number;
  #micros = 0;

  /** `now` returns milliseconds since the Unix epoch; it may stand still or run backwards. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The time of the next commit, in microseconds: now, but at least one microsecond after the last. */
  advance(): number {
    this.#micros = Math.max(Math.floor(this.#now() * 1000), this.#micros + 1);
    return this.#micros;
  }

  /** The time of a read, in microseconds: now, but not before the last commit. */
  read(): number {
    this.#micros = Math.max(Math.floor(this.#now() * 1000), this.#micros);
    return this.#micros;
  }
}

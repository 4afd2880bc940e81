/** Gives every commit a time of its own, to the microsecond: an update time that two commits shared would satisfy a `lastUpdateTime` precondition it must fail. */
export class CommitClock {
  readonly #now: () => number;
  #micros = 0;

  /** `now` tells milliseconds since the Unix epoch; it may stand still or run backwards. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The time of the next commit, in microseconds: the present, at least one microsecond on. */
  advance(): number {
    this.#micros = Math.max(Math.floor(this.#now() * 1000), this.#micros + 1);
    return this.#micros;
  }

  /** The time of the last commit, or of the read that asks when that is later. */
  read(): number {
    this.#micros = Math.max(Math.floor(this.#now() * 1000), this.#micros);
    return this.#micros;
  }
}

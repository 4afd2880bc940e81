import { Timestamp } from "firebase-admin/firestore";

/** Gives every commit a time of its own, to the microsecond: an update time that two commits shared would satisfy a `lastUpdateTime` precondition it must fail. */
export class CommitClock {
  readonly #now: () => number;
  #micros = 0;

  /** `now` tells milliseconds since the Unix epoch; it may stand still or run backwards. */
  constructor(now: () => number) {
    this.#now = now;
    this.advance();
  }

  /** Moves to the present, at least one microsecond on. */
  advance(): void {
    this.#micros = Math.max(Math.floor(this.#now() * 1000), this.#micros + 1);
  }

  /** The time of the last commit, or of the read that asks when that is later. */
  read(): Timestamp {
    this.#micros = Math.max(Math.floor(this.#now() * 1000), this.#micros);
    return this.#current();
  }

  /** A time to read at for as long as a read-only transaction lasts: no later commit shares even its millisecond, which is all the bridge compares. */
  pin(): Timestamp {
    const pinned = this.read();
    this.#micros += 999 - (this.#micros % 1000);
    return pinned;
  }

  /** The time of the commit under way. */
  current(): Timestamp {
    return this.#current();
  }

  #current(): Timestamp {
    return new Timestamp(Math.floor(this.#micros / 1_000_000), (this.#micros % 1_000_000) * 1000);
  }
}

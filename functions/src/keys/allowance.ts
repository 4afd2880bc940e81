/** A rate and how much of it may come at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket: full at first, and again after a quiet time. */
export class Allowance {
  #spent = 0;
  #at = 0;

  /** Takes one of the allowance; returns 0, or the whole seconds to wait for one. `now` is in milliseconds. */
  take(now: number, { perSecond, burst }: Rate): number {
    // A clock that was set back must not stop a PBX.
    const elapsedMs = Math.max(0, now - this.#at);
    this.#spent = Math.max(0, this.#spent - (elapsedMs / 1000) * perSecond);
    this.#at = now;
    if (this.#spent + 1 > burst) return Math.max(1, Math.ceil((this.#spent + 1 - burst) / perSecond));
    this.#spent += 1;
    return 0;
  }
}

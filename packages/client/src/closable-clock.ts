import type { Clock } from "./clock.ts";

/** A clock that can be closed: every wait is over then, and no timer is left. */
export class ClosableClock implements Clock {
  readonly #clock: Clock;
  /** How to run a timer that has been started, and how to stop it. */
  readonly #pending = new Map<() => void, () => void>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  now(): number {
    return this.#clock.now();
  }

  random(): number {
    return this.#clock.random();
  }

  startTimer(ms: number, run: () => void): () => void {
    if (this.#isClosed) return () => undefined;
    const finish = () => {
      this.#pending.delete(finish);
      run();
    };
    const stop = this.#clock.startTimer(ms, finish);
    this.#pending.set(finish, stop);
    return () => {
      this.#pending.delete(finish);
      stop();
    };
  }

  /** Runs the timers that have been started, so that nothing waits for them any more; starts no others. */
  close(): void {
    this.#isClosed = true;
    for (const [finish, stop] of this.#pending) {
      stop();
      finish();
    }
  }
}

import type { Clock } from "../../../local/pubsub/clock.ts";

/** A clock that stands still until a test turns it. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 10, 22);
  readonly #timers = new Set<{ at: number; task: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.#now + delayMs, task };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** The number of pending timers; a server must not have one per message. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves the time on, and runs each timer at the time when it is due. */
  turn(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#findDue(end); next !== undefined; next = this.#findDue(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
  }

  #findDue(end: number) {
    return [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  }
}

import type { Clock } from "./clock.ts";

/** So many may go: a small office may well replace three phones at once. */
const allowed = 3;

const hourMs = 60 * 60 * 1000;

/** Lets one instance forget three things an hour: if more of them look dead, something may be wrong with us. */
export class Breaker {
  readonly #clock: Pick<Clock, "now">;
  /** When it let something go, in milliseconds since the epoch. */
  #gone: readonly number[] = [];
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Whether one more thing may go; then it counts. */
  letsGo(): boolean {
    const now = this.#clock.now();
    const latest = this.#gone.filter((at) => now - at < hourMs);
    const mayGo = latest.length < allowed;
    this.#gone = mayGo ? [...latest, now] : latest;
    return mayGo;
  }

  /** The thing that was let go last has stayed after all. */
  takeBack(): void {
    this.#gone = this.#gone.slice(0, -1);
  }

  /** Whether to warn that something had to stay: once an hour. */
  warns(): boolean {
    const now = this.#clock.now();
    if (now - this.#warnedAt < hourMs) return false;
    this.#warnedAt = now;
    return true;
  }
}

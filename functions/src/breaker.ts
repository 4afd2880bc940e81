import type { Clock } from "./clock.ts";

/** The number of latest verdicts that count, each about another thing. */
const windowSize = 10;

/** How long a verdict counts, in milliseconds: phones that were replaced weeks apart are no fault of ours. */
const maxAgeMs = 60 * 60 * 1000;

/** So many of them may be `dead`: of two phones, one may well be gone. */
const allowed = 3;

/** Counts one instance's verdicts `dead` and `alive`, and is open while more than a believable number is `dead`. */
export class Breaker {
  readonly #clock: Pick<Clock, "now">;
  readonly #verdicts = new Map<string, { readonly isDead: boolean; readonly at: number }>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Adds a verdict; it replaces the last one about the same thing. */
  add(id: string, isDead: boolean): void {
    this.#verdicts.delete(id);
    this.#verdicts.set(id, { isDead, at: this.#clock.now() });
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > windowSize && oldest !== undefined) this.#verdicts.delete(oldest);
  }

  /** The verdicts that count, and those of them that are `dead`. */
  get counts(): { readonly asked: number; readonly dead: number } {
    const now = this.#clock.now();
    const latest = [...this.#verdicts.values()].filter(({ at }) => now - at < maxAgeMs);
    return { asked: latest.length, dead: latest.filter(({ isDead }) => isDead).length };
  }

  /** Whether so many cannot be dead: something is wrong with us. */
  get isOpen(): boolean {
    return this.counts.dead > allowed;
  }
}

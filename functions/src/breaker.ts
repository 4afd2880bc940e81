/** The number of latest verdicts that count, each about another thing. */
const windowSize = 100;

/** So many may be dead whatever their share is: of two phones, one may well be gone. */
const alwaysAllowed = 3;
const share = 0.3;

/** Counts one instance's verdicts `dead` and `alive`, and is open while more than a believable share is `dead`. */
export class Breaker {
  readonly #verdicts = new Map<string, boolean>();

  /** Adds a verdict; it replaces the last one about the same thing. */
  add(id: string, isDead: boolean): void {
    this.#verdicts.delete(id);
    this.#verdicts.set(id, isDead);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > windowSize && oldest !== undefined) this.#verdicts.delete(oldest);
  }

  /** The verdicts that count, and those of them that are `dead`. */
  get counts(): { readonly asked: number; readonly dead: number } {
    const dead = [...this.#verdicts.values()].filter(Boolean).length;
    return { asked: this.#verdicts.size, dead };
  }

  /** Whether so many cannot be dead: something is wrong with us. */
  get isOpen(): boolean {
    const { asked, dead } = this.counts;
    return dead > Math.max(alwaysAllowed, asked * share);
  }
}

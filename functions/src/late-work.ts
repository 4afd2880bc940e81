/**
 * Work that no answer waits for. It may be late, or never done: an instance has no CPU between its requests. So it must be
 * of a kind that a later request does again.
 */
export class LateWork {
  readonly #running = new Set<Promise<void>>();

  /** Adds work that reports its own failures. */
  add(work: Promise<void>): void {
    const running = work.catch(() => undefined).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when all of it is done. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

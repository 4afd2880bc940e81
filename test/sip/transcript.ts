/** A growing text. Tests wait for a pattern in it. */
export class Transcript {
  #text = "";
  readonly #watchers = new Set<() => void>();

  get text(): string {
    return this.#text;
  }

  append(text: string): void {
    this.#text += text;
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves with the text from now on, once it matches. */
  fromNow(): (pattern: RegExp) => Promise<RegExpExecArray> {
    const from = this.#text.length;
    return async (pattern) => {
      let found: RegExpExecArray | null = null;
      await this.until(() => (found = pattern.exec(this.#text.slice(from))) !== null, String(pattern));
      return found!;
    };
  }

  /** Checks a condition now and whenever the text has grown, until it holds; rejects after twenty seconds. */
  async until(condition: () => boolean | Promise<boolean>, name = condition.toString()): Promise<void> {
    const endsAt = performance.now() + patienceMs;
    for (;;) {
      const grown = this.#grown(endsAt - performance.now());
      if (await condition()) return grown.cancel();
      if ((await grown.promise) === "timeout") throw new Error(`Timed out waiting for ${name}`);
    }
  }

  #grown(ms: number): { promise: Promise<"grown" | "timeout">; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<"grown" | "timeout">();
    const finish = (how: "grown" | "timeout") => {
      clearTimeout(timer);
      this.#watchers.delete(watcher);
      resolve(how);
    };
    const watcher = () => finish("grown");
    const timer = setTimeout(() => finish("timeout"), Math.max(0, ms));
    this.#watchers.add(watcher);
    return { promise, cancel: watcher };
  }
}

/** The timeout of every wait; longer than any wait of a passing test. */
const patienceMs = 20_000;

// What browsers, React Native and Node all have; the client is compiled without the types of any.
declare const console: { error(error: unknown): void };

/** Calls listeners of named events, in the order in which they were added. React Native has no `EventTarget`. */
export class Emitter<Events extends { readonly [Name in keyof Events]: (...args: never[]) => void }> {
  readonly #listeners = new Map<keyof Events, Set<(...args: never[]) => unknown>>();

  /** Adds a listener of an event; returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: Events[Name]): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  protected emit<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `on` took each listener under its event's name
      void callSafely(() => listener(...(args as never[])));
    }
  }
}

/** Calls a listener of the app. Its error is logged: the client goes on, and so do the other listeners. */
async function callSafely(listener: () => unknown): Promise<void> {
  try {
    await listener();
  } catch (error) {
    // oxlint-disable-next-line no-console -- the only place that every platform shows
    console.error(error);
  }
}

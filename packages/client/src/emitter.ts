/** Calls listeners of named events, in the order in which they were added. React Native has no `EventTarget`. */
export class Emitter<Events extends { readonly [Name in keyof Events]: (...args: never[]) => void }> {
  readonly #listeners = new Map<keyof Events, Set<(...args: never[]) => void>>();

  /** Adds a listener of an event; returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: Events[Name]): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  protected emit<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `on` took each listener under its event's name
    for (const listener of this.#listeners.get(name) ?? []) listener(...(args as never[]));
  }
}

import { within, type Clock } from "./clock.ts";

/** A store of texts that outlives the app's process: React Native's AsyncStorage, a browser's localStorage. */
export interface TextStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
}

/** The key of the ids in the app's storage. */
const storageKey = "pbx-push-client.ended";

/** Number of ids kept: more than the calls of which a push may still arrive. */
const maxIds = 100;

/** How long a call waits for the storage, in milliseconds. */
const loadMs = 1_000;

/**
 * The ids of the calls that have ended on this phone: a push that comes after its end must not ring. With a storage they
 * outlive the app. A call rings even if the storage fails.
 */
export class EndedCalls {
  readonly #clock: Clock;
  readonly #storage: TextStorage | undefined;
  #ids = new Set<string>();
  #reading: Promise<void> | undefined;
  #writing: Promise<unknown> | undefined;

  constructor(clock: Clock, storage: TextStorage | undefined) {
    this.#clock = clock;
    this.#storage = storage;
  }

  /** Waits for the ids that the app's earlier runs have stored. Never rejects. */
  async load(): Promise<void> {
    if (this.#storage === undefined) return;
    const read = this.#read(this.#storage);
    await within(this.#clock, loadMs, read, () => new Error("The storage did not answer")).catch(() => undefined);
  }

  has(callId: string): boolean {
    return this.#ids.has(callId);
  }

  add(callId: string): void {
    if (this.#ids.has(callId)) return;
    this.#keep([...this.#ids, callId]);
    if (this.#storage !== undefined) this.#writing = this.#write(this.#storage, this.#writing);
  }

  #keep(ids: readonly string[]): void {
    this.#ids = new Set(ids.slice(-maxIds));
  }

  async #read(storage: TextStorage): Promise<void> {
    this.#reading ??= (async () => {
      try {
        const stored: unknown = JSON.parse((await storage.getItem(storageKey)) ?? "[]");
        if (Array.isArray(stored)) this.#keep([...stored.map(String), ...this.#ids]);
      } catch {
        // The ids of this run are enough.
      }
    })();
    await this.#reading;
  }

  /** One write after the other, and none before the stored ids are read. */
  async #write(storage: TextStorage, earlier: Promise<unknown> | undefined): Promise<void> {
    await Promise.all([earlier, this.#read(storage)]);
    try {
      await storage.setItem(storageKey, JSON.stringify([...this.#ids]));
    } catch {
      // The next end writes them all.
    }
  }
}

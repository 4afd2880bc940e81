import { waitAtMost, type Clock } from "./clock.ts";

/** A store of texts that outlives the app's process: React Native's AsyncStorage, a browser's localStorage. */
export interface TextStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
}

/** The key of the ids in the app's storage. */
const storageKey = "pbx-push-client.ended";

/** Number of ids kept: more than the calls of which a push may still arrive. */
const maxIds = 100;

/** How long the client waits for the storage, in milliseconds. */
const storageMs = 1_000;

/**
 * The ids of the calls that have ended on this phone: a push that comes after its end must not ring. With a storage they
 * outlive the app. A call rings even if the storage fails.
 */
export class EndedCalls {
  readonly #clock: Clock;
  readonly #storage: TextStorage | undefined;
  #ids = new Set<string>();
  #reading: Promise<boolean> | undefined;
  /** Ends with the read, or when it takes too long: only the calls of its first second wait for a slow storage. */
  #loading: Promise<void> | undefined;
  #writing: Promise<void> | undefined;

  constructor(clock: Clock, storage: TextStorage | undefined) {
    this.#clock = clock;
    this.#storage = storage;
  }

  /** Waits for the ids that the app's earlier runs have stored. Never rejects. */
  async load(): Promise<void> {
    if (this.#storage === undefined) return;
    this.#loading ??= waitAtMost(this.#clock, storageMs, this.#read(this.#storage));
    await this.#loading;
  }

  /** Waits until the ids are stored, so that the app's process may end. Never rejects. */
  async save(): Promise<void> {
    if (this.#writing !== undefined) await waitAtMost(this.#clock, storageMs, this.#writing);
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

  /** Reads the stored ids, once. Tells whether that has worked; if not, the next call tries again. */
  async #read(storage: TextStorage): Promise<boolean> {
    this.#reading ??= readText(storage).then((text) => {
      if (text === undefined) this.#reading = this.#loading = undefined;
      else this.#keep([...parseIds(text), ...this.#ids]);
      return text !== undefined;
    });
    return this.#reading;
  }

  /**
   * One write after the other, unless one takes too long, and none before the stored ids are read: it would lose them.
   * After one that fails, the next end writes them all.
   */
  async #write(storage: TextStorage, earlier: Promise<void> | undefined): Promise<void> {
    await earlier;
    if (await this.#read(storage)) await waitAtMost(this.#clock, storageMs, writeText(storage, [...this.#ids]));
  }
}

/** The stored text, empty if there is none; `undefined` if the storage fails. */
async function readText(storage: TextStorage): Promise<string | undefined> {
  try {
    return (await storage.getItem(storageKey)) ?? "";
  } catch {
    return undefined;
  }
}

async function writeText(storage: TextStorage, ids: readonly string[]): Promise<void> {
  await storage.setItem(storageKey, JSON.stringify(ids));
}

/** The ids in a text; none if it is not the client's. */
function parseIds(text: string): readonly string[] {
  try {
    const ids: unknown = JSON.parse(text);
    return Array.isArray(ids) ? ids.map(String) : [];
  } catch {
    return [];
  }
}

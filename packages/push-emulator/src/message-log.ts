import type { FcmRecord, MessageRecord } from "./message-record.ts";

/** Accepted messages, oldest first, indexed by token; beyond `capacity` the oldest are dropped. */
export class MessageLog {
  /** Records dropped because the log was full. */
  forgotten = 0;
  readonly #capacity: number;
  readonly #byToken = new Map<string, MessageRecord[]>();
  readonly #copies = new WeakMap<MessageRecord, MessageRecord[]>();
  #records: MessageRecord[] = [];
  #first = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#records.length - this.#first;
  }

  add(record: MessageRecord): void {
    this.#records.push(record);
    this.#addToOwner(record);
    if (this.size > this.#capacity) this.#forgetOldest();
  }

  /** Adds one install's copy of a send to a topic; it is dropped together with that send. */
  addCopy(copy: FcmRecord & { readonly copyOf: FcmRecord }): void {
    this.#addToOwner(copy);
    const copies = this.#copies.get(copy.copyOf);
    if (copies === undefined) this.#copies.set(copy.copyOf, [copy]);
    else copies.push(copy);
  }

  /** The records of one token, or all of them; with `limit` only that many of the newest. Always oldest first. */
  list(token?: string, limit: number = Infinity): readonly MessageRecord[] {
    const all = token === undefined ? this.#records : (this.#byToken.get(token) ?? []);
    const start = Math.max(token === undefined ? this.#first : 0, all.length - limit);
    return all.slice(start);
  }

  /** Deletes the records of one token, or all of them, and returns how many. */
  clear(token?: string): number {
    const before = this.size;
    const kept = token === undefined ? [] : this.list().filter((record) => record.token !== token);
    if (token === undefined) this.#byToken.clear();
    else this.#byToken.delete(token);
    this.#records = kept;
    this.#first = 0;
    return before - kept.length;
  }

  #forgetOldest(): void {
    const oldest = this.#records[this.#first];
    this.#first += 1;
    this.forgotten += 1;
    if (oldest !== undefined) for (const own of [oldest, ...(this.#copies.get(oldest) ?? [])]) this.#forgetOfOwner(own);
    // The array is compacted only from time to time, which keeps dropping cheap.
    if (this.#first >= Math.max(1, this.#capacity / 8)) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
  }

  #addToOwner(record: MessageRecord): void {
    if (record.token === null) return;
    const own = this.#byToken.get(record.token);
    if (own === undefined) this.#byToken.set(record.token, [record]);
    else own.push(record);
  }

  #forgetOfOwner(record: MessageRecord): void {
    const own = record.token === null ? undefined : this.#byToken.get(record.token);
    if (own?.[0] !== record) return;
    own.shift();
    if (own.length === 0) this.#byToken.delete(record.token ?? "");
  }
}

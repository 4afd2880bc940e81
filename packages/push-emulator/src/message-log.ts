import type { MessageRecord } from "./message-record.ts";

/** Accepted messages, oldest first, indexed by token; past `capacity` the oldest are forgotten. */
export class MessageLog {
  /** Records forgotten because there was no room. */
  forgotten = 0;
  readonly #capacity: number;
  readonly #byToken = new Map<string, MessageRecord[]>();
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
    if (record.token !== null) {
      const own = this.#byToken.get(record.token);
      if (own === undefined) this.#byToken.set(record.token, [record]);
      else own.push(record);
    }
    if (this.size > this.#capacity) this.#forgetOldest();
  }

  /** The records of one token, or all of them; with `limit` the newest that many. Always oldest first. */
  list(token?: string, limit: number = Infinity): readonly MessageRecord[] {
    const all = token === undefined ? this.#records : (this.#byToken.get(token) ?? []);
    const start = Math.max(token === undefined ? this.#first : 0, all.length - limit);
    return all.slice(start);
  }

  /** Forgets the records of one token, or all of them, and says how many. */
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
    if (oldest?.token != null) {
      const own = this.#byToken.get(oldest.token);
      own?.shift();
      if (own?.length === 0) this.#byToken.delete(oldest.token);
    }
    // Moving what is left only once in a while keeps forgetting cheap.
    if (this.#first >= Math.max(1, this.#capacity / 8)) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
  }
}

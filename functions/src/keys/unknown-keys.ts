import { PutOff } from "../errors.ts";
import type { Services } from "../services.ts";
import { Allowance, type Rate } from "./allowance.ts";
import { KeyList } from "./key-list.ts";

/** A digest that was found to be no key is looked up again after this time: a new key works within it. */
const unknownMs = 20_000;

/** How many unknown digests an instance remembers; some 150 bytes each. */
const maxUnknown = 1000;

/** Look-ups of digests that this instance has not read: a client that guesses must not load the database. */
const lookupRate: Rate = { perSecond: 20, burst: 200 };

/** What an instance knows of digests that are no key. Above the rate of look-ups, a list of all keys judges them. */
export class UnknownKeys {
  readonly #clock: Services["clock"];
  readonly #log: Services["log"];
  readonly #list: KeyList;
  /** When a digest was found to be no key, oldest first. */
  readonly #readAt = new Map<string, number>();
  readonly #lookups = new Allowance();
  #flood = { refused: 0, putOff: 0, loggedAt: -Infinity };

  constructor(services: Pick<Services, "db" | "clock" | "log">) {
    this.#clock = services.clock;
    this.#log = services.log;
    this.#list = new KeyList(services);
  }

  get size(): number {
    return this.#readAt.size;
  }

  /** Whether a digest may be a key, and has to be looked up; throws {@link PutOff} if that cannot be told now. */
  mayBeKey(digest: string): boolean {
    const now = this.#clock.now();
    // A clock that was set back must not refuse a new key until it has caught up.
    if (Math.abs(now - (this.#readAt.get(digest) ?? -Infinity)) < unknownMs) return false;
    if (this.#lookups.take(now, lookupRate) === 0) return true;
    const isStored = this.#list.includes(digest);
    if (isStored === true) return true;
    this.#countFlood(isStored === false ? "refused" : "putOff");
    if (isStored === false) return false;
    throw new PutOff("Too many requests with unknown keys; retry the same request");
  }

  /** Remembers that a digest was no key at a time. */
  add(digest: string, readAt: number): void {
    this.#readAt.delete(digest);
    this.#readAt.set(digest, readAt);
    const [oldest] = this.#readAt.keys();
    if (this.#readAt.size > maxUnknown && oldest !== undefined) this.#readAt.delete(oldest);
  }

  delete(digest: string): void {
    this.#readAt.delete(digest);
  }

  /** Resolves when no read is under way. */
  async settle(): Promise<void> {
    await this.#list.settle();
  }

  /** Logs once a second at most: a client without a key must not fill the log. */
  #countFlood(answer: "refused" | "putOff"): void {
    const now = this.#clock.now();
    this.#flood[answer] += 1;
    const { refused, putOff, loggedAt } = this.#flood;
    if (Math.abs(now - loggedAt) < 1000) return;
    this.#log.warn("unknown_keys_flood", { refused, putOff });
    this.#flood = { refused: 0, putOff: 0, loggedAt: now };
  }
}

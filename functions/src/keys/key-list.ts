import type { Services } from "../services.ts";
import { pbxKeysRef } from "./key-document.ts";

/** A list is trusted for this time, as a single look-up of an unknown key is. */
const listMs = 20_000;

/** A list that has not come, or has failed, is asked for again after this time. */
const retryMs = 6000;

/** A list of more keys would cost too much; Firestore bills each of them. */
const maxListed = 2000;

interface Listed {
  readonly digests: ReadonlySet<string>;
  readonly isWhole: boolean;
  readonly readAt: number;
}

/**
 * The digests of all stored keys, read only while unknown keys flood the instance. One list tells the few valid keys from
 * any number of wrong ones; a queue of look-ups would let the wrong ones push the valid ones out.
 */
export class KeyList {
  readonly #services: Pick<Services, "db" | "clock" | "log">;
  #listed: Listed | undefined;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(services: Pick<Services, "db" | "clock" | "log">) {
    this.#services = services;
  }

  /** Whether a digest was stored within the last twenty seconds; `undefined` while that is not known. */
  includes(digest: string): boolean | undefined {
    const age = (at: number) => Math.abs(this.#services.clock.now() - at);
    if (this.#listed === undefined || age(this.#listed.readAt) >= listMs) {
      this.#listed = undefined;
      if (age(this.#askedAt) >= retryMs) this.#asking = this.#ask();
      return undefined;
    }
    if (this.#listed.digests.has(digest)) return true;
    return this.#listed.isWhole ? false : undefined;
  }

  /** Resolves when no list is being read. */
  async settle(): Promise<void> {
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { db, clock, log } = this.#services;
    const readAt = clock.now();
    this.#askedAt = readAt;
    try {
      const { docs } = await pbxKeysRef(db).select().limit(maxListed).get();
      // A newer list may have overtaken this one.
      if (this.#askedAt !== readAt) return;
      this.#listed = { digests: new Set(docs.map(({ id }) => id)), isWhole: docs.length < maxListed, readAt };
    } catch (error) {
      log.warn("pbx_keys_not_listed", { error });
    }
  }
}

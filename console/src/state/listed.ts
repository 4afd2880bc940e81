import type { Page } from "../../../functions/src/console/wire.ts";
import { Loaded } from "./loaded.ts";

/** A list that comes in parts. */
export class Listed<Row> {
  readonly #loaded: Loaded<Page<Row>>;
  readonly #ask: (cursor: string | undefined) => Promise<Page<Row>>;

  constructor(onChange: () => void, ask: (cursor: string | undefined) => Promise<Page<Row>>) {
    this.#loaded = new Loaded(onChange);
    this.#ask = ask;
  }

  /** `undefined` until the first part has come. */
  get rows(): readonly Row[] | undefined {
    return this.#loaded.value?.rows;
  }

  get hasMore(): boolean {
    return this.#loaded.value?.next !== undefined;
  }

  get isLoading(): boolean {
    return this.#loaded.isLoading;
  }

  get error(): unknown {
    return this.#loaded.error;
  }

  /** Loads the first part again. */
  async reload(): Promise<void> {
    await this.#loaded.load(async () => this.#readOn(undefined));
  }

  /** Loads the next part. */
  async loadMore(): Promise<void> {
    const { next } = this.#loaded.value ?? {};
    if (next === undefined || this.isLoading) return;
    await this.#loaded.load(async () => {
      const { rows, ...rest } = await this.#readOn(next);
      // The rows that are there may have changed meanwhile.
      return { rows: [...(this.rows ?? []), ...rows], ...rest };
    });
  }

  /** Changes the rows that are there. */
  change(change: (rows: readonly Row[]) => readonly Row[]): void {
    const { value } = this.#loaded;
    if (value !== undefined) this.#loaded.value = { ...value, rows: change(value.rows) };
  }

  /** A part may be empty and have a next one: some more are asked for, so that "more" brings something. */
  async #readOn(cursor: string | undefined): Promise<Page<Row>> {
    let page = await this.#ask(cursor);
    for (let asked = 1; page.next !== undefined && page.rows.length === 0 && asked < maxEmptyParts; asked += 1) {
      page = await this.#ask(page.next);
    }
    return page;
  }
}

const maxEmptyParts = 5;

import { nameFailure, type Outcome } from "../transport/outcome.ts";
import type { Counts, ShardDocument } from "./run.ts";

/** The fields of a shard that its worker updates. */
export type Progress = Pick<ShardDocument, "cursor" | "pending" | "counts" | "errors" | "failed">;

/** The result for one device of a shard. */
export type DeviceResult = Outcome | { readonly status: "skipped" };

/**
 * The progress of one worker. Outcomes arrive in any order; a device is counted only after all devices before it. So
 * the record is exact up to the cursor and says nothing about later devices; the next worker sends those again.
 */
export class ShardProgress {
  readonly #ids: readonly string[];
  /** Outcomes that arrived before an earlier device's, by index. */
  readonly #early = new Map<number, DeviceResult>();
  readonly #counts: { -readonly [Name in keyof Counts]: number };
  readonly #errors: Map<string, number>;
  readonly #failed: Map<string, string>;
  readonly #pending: Map<string, string>;
  #cursor: string;
  #entered = 0;

  /** Continues from the recorded progress; `ids` are in sending order. */
  constructor(begun: Progress, ids: readonly string[]) {
    const present = new Set(ids);
    this.#ids = ids;
    this.#counts = { ...begun.counts };
    this.#errors = new Map(Object.entries(begun.errors));
    this.#failed = new Map(Object.entries(begun.failed));
    // A device that was forgotten meanwhile needs no retry.
    this.#pending = new Map(Object.entries(begun.pending).filter(([id]) => present.has(id)));
    this.#cursor = begun.cursor;
  }

  /** Records the result of the device at `index`. */
  settle(index: number, result: DeviceResult): void {
    this.#early.set(index, result);
    for (let next = this.#early.get(this.#entered); next !== undefined; next = this.#early.get(this.#entered)) {
      this.#early.delete(this.#entered);
      this.#enter(this.#ids[this.#entered] ?? "", next);
      this.#entered += 1;
    }
  }

  /** Whether any device must be retried. */
  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Counts every device that is pending as failed. */
  giveUp(): void {
    for (const [id, code] of this.#pending) this.#fail(id, code);
    this.#pending.clear();
  }

  /** The progress so far. */
  describe(): Progress {
    return {
      cursor: this.#cursor,
      pending: Object.fromEntries(this.#pending),
      counts: { ...this.#counts },
      errors: Object.fromEntries(this.#errors),
      failed: Object.fromEntries(this.#failed),
    };
  }

  #enter(id: string, result: DeviceResult): void {
    this.#pending.delete(id);
    if (id > this.#cursor) this.#cursor = id;
    if (result.status === "unavailable") this.#pending.set(id, nameFailure(result));
    else if (result.status === "rejected") this.#fail(id, nameFailure(result));
    else this.#counts[result.status] += 1;
  }

  #fail(id: string, code: string): void {
    this.#counts.failed += 1;
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    this.#failed.set(id, code);
  }
}
